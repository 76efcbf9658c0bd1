using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Sqlite;

namespace OrleansTasks.Storage.Tests.Sqlite;

/// <summary>How SQLite takes statements that are written for both databases.</summary>
public sealed class SqliteSqlTests : IDisposable
{
    private readonly TestDatabase data = new();

    public void Dispose() => data.Dispose();

    [Theory]
    [InlineData("SELECT a FROM ot.b WHERE c = $1", "SELECT a FROM b WHERE c = ?1")]
    [InlineData("SELECT a FROM ot.b WHERE c = $1 FOR UPDATE", "SELECT a FROM b WHERE c = ?1")]
    [InlineData("SELECT a FROM ot.b\n FOR UPDATE SKIP LOCKED", "SELECT a FROM b")]
    [InlineData("SELECT a FROM ot.b /*INDEXED BY i*/ WHERE a = $10", "SELECT a FROM b INDEXED BY i WHERE a = ?10")]
    [InlineData("LOCK TABLE ot.keys IN SHARE ROW EXCLUSIVE MODE", "")]
    [InlineData("SELECT ot.lock('nodes')", "")]
    public void TextOf_WordsOfOneDatabase_AreLeftOutOrTaken(string statement, string expected) =>
        Assert.Equal(expected, SqliteSql.TextOf(statement));

    [Fact]
    public async Task Run_StatementThatOnlyLocks_ChangesNothing() =>
        Assert.Equal(0, await data.Database.Sql.Write(session => session.Run(new SqlStatement("SELECT ot.lock('nodes')"))));

    [Fact]
    public async Task RunAll_SeveralStatements_ReturnsTheSumOfTheirChanges() => Assert.Equal(3, await data.Database.Sql.Write(session =>
        session.RunAll(
            new SqlStatement("INSERT INTO ot.fixed_labels (name) VALUES ($1), ($2)").Bind("a").Bind("b"),
            new SqlStatement("DELETE FROM ot.fixed_labels WHERE name = $1").Bind("a"))));

    [Fact]
    public async Task NullableId_BytesThatAreNoId_IsNull() => Assert.Null(await data.Database.Sql.First(
        new SqlStatement("SELECT $1").Bind(new byte[] { 0xff, 1 }), static row => row.NullableId(0)));

    [Fact]
    public async Task Values_OfEachType_AreReadAsTheyWereBound()
    {
        var read = await data.Database.Sql.First(
            new SqlStatement("SELECT $1, $2, $3, $4, $5, $6, $7, $8")
                .Bind(true).Bind((bool?)null).Bind(7).Bind((long?)null).Bind("text").Bind((string?)null).BindUtf8("é"u8).BindUtf8([]),
            static row => (
                row.Boolean(0), row.IsNull(1), row.Int32(2), row.NullableInt64(3), row.Text(4), row.NullableText(5),
                System.Text.Encoding.UTF8.GetString(row.Utf8(6)), row.IsNull(7)));
        Assert.Equal((true, true, 7, null, "text", null, "é", false), read);
    }
}
