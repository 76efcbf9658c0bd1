using System.Security.Cryptography;
using System.Text;

namespace OrleansTasks.Storage.Tests;

/// <summary>The tables as the first release creates them, which no later version changes: it adds steps.</summary>
public sealed class ReleasedSchemaTests
{
    [Theory]
    [InlineData("PostgreSQL", "0d666ab42cfedf38")]
    [InlineData("SQLite", "3fc7190ce3342506")]
    public void Text_IsThatOfTheFirstRelease(string store, string hash)
    {
        var text = store == "SQLite" ? Storage.Sqlite.Schema.SchemaText.Text : Storage.Postgres.Schema.SchemaText.Text;
        var found = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
        Assert.True(found == hash, $"The tables of {store} have changed (now {found}), but stores with the former ones exist: add a step "
            + "to SchemaText.Steps instead. Until 0.1.0 is released, the hash may be replaced.");
    }
}
