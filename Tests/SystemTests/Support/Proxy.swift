import Foundation
import Glibc

/// A way to a port of this machine that can be cut: what is sent meanwhile waits, and nobody is told.
final class Proxy: Sendable {
    let port: Int
    private let program: Program

    private static let script = """
        import socket, sys, threading
        target = int(sys.argv[1])
        server = socket.create_server(('127.0.0.1', 0))
        print(server.getsockname()[1], flush=True)
        def pump(a, b):
            try:
                while data := a.recv(65536):
                    b.sendall(data)
            except OSError:
                pass
            for s in (a, b):
                try: s.shutdown(socket.SHUT_RDWR)
                except OSError: pass
        while True:
            client, _ = server.accept()
            try: upstream = socket.create_connection(('127.0.0.1', target))
            except OSError:
                client.close()
                continue
            for a, b in ((client, upstream), (upstream, client)):
                threading.Thread(target=pump, args=(a, b), daemon=True).start()
        """

    init(to target: Int) async throws {
        let program = try Program(
            ["/usr/bin/python3", "-c", Proxy.script, "\(target)"], in: "/",
            environment: ["PATH": Program.path])
        try await awaiting("the proxy listens") { program.outputSoFar.hasSuffix("\n") }
        guard let port = Int(program.outputSoFar.dropLast()) else { throw SetupFailed("no port") }
        (self.port, self.program) = (port, program)
    }

    func cut() { program.send(SIGSTOP) }
    func mend() { program.send(SIGCONT) }

    func end() async throws {
        program.send(SIGKILL)
        _ = try await program.end()
    }
}
