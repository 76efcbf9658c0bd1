using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Tests.Sqlite;

/// <summary>Files that another version of the program wrote.</summary>
public sealed class OtherVersionTests : IDisposable
{
    private readonly TestDatabase data = new();

    public void Dispose() => data.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(9)]
    public async Task Open_SchemaOfAnotherVersion_IsRefused(int version)
    {
        await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute($"UPDATE schema_version SET version = {version}");
        Assert.Contains(
            $"schema version {version}, but this program needs version 1.", data.AssertRefusedAndUntouched(), StringComparison.Ordinal);
    }
}
