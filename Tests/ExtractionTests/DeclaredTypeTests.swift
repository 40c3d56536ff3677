import Extraction
import Testing

@Suite struct `A declared type` {
    @Test(arguments: [
        ("int", "INTEGER"), ("INT(11)", "INTEGER"), ("int(10) unsigned", "UINTEGER"), ("integer", "INTEGER"),
        ("int(10) unsigned zerofill", "UINTEGER"), ("int(10) zerofill", "UINTEGER"), ("mediumint", "INTEGER"),
        ("mediumint(8) unsigned", "UINTEGER"), ("tinyint(1)", "TINYINT"), ("TINYINT UNSIGNED", "UTINYINT"),
        ("smallint(5) unsigned", "USMALLINT"), ("bigint(20)", "BIGINT"), ("bigint unsigned", "UBIGINT"),
        ("BIGINT SIGNED", "BIGINT"), ("serial", "UBIGINT"), ("boolean", "TINYINT"), ("year(4)", "SMALLINT"),
        ("decimal(18,4)", "DECIMAL(18,4)"), ("DECIMAL( 10 , 2 ) unsigned", "DECIMAL(10,2)"),
        ("decimal", "DECIMAL(10,0)"),
        ("numeric(38,38)", "DECIMAL(38,38)"), ("decimal(39,0)", "VARCHAR"), ("decimal(65,30)", "VARCHAR"),
        ("decimal(5,6)", "VARCHAR"), ("float", "FLOAT"), ("float(7,2)", "FLOAT"),
        ("double precision", "DOUBLE"),
        ("real", "DOUBLE"), ("date", "DATE"), ("datetime", "TIMESTAMP"), ("DATETIME(6)", "TIMESTAMP"),
        ("timestamp(3)", "TIMESTAMP WITH TIME ZONE"), ("time(6)", "BIGINT"), ("bit", "BOOLEAN"),
        ("bit(1)", "BOOLEAN"),
        ("bit(2)", "UBIGINT"), ("bit(64)", "UBIGINT"), ("binary(16)", "BLOB"), ("longblob", "BLOB"),
        ("point", "BLOB"),
        ("varchar(40)", "VARCHAR"), ("enum('a,b','c)')", "VARCHAR"), ("set('x')", "VARCHAR"),
        ("json", "VARCHAR"),
        ("uuid", "UUID"), ("", "VARCHAR"), ("NVARCHAR(10)", "VARCHAR"), ("something(", "VARCHAR"),
    ])
    func `becomes a type of bronze`(declared: String, type: String) {
        #expect(BronzeType(DeclaredType(declared)).sqlName == type)
    }

    @Test func `has a name, numbers and a sign`() {
        let type = DeclaredType("DECIMAL( 18 , 4 )  Unsigned")
        #expect(type.name == "decimal" && type.arguments == [18, 4] && type.isUnsigned)
        #expect(!DeclaredType("bigint signed").isUnsigned)
    }
}
