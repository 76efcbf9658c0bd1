using Npgsql;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>What a connection string leaves open; needs no server.</summary>
public sealed class ConnectionSettingsTests
{
    [Theory]
    [InlineData("Host=db", 5)]
    [InlineData("Host=db;Timeout=9", 9)]
    [InlineData("Host=db;Command Timeout=30", 5)]
    [InlineData("Host=db;Password=Timeout", 5)]
    public async Task Timeout_IsOursUnlessItIsSet(string connection, int expected)
    {
        await using var source = Connections.Source(
            new PostgresStorageOptions { ConnectionString = connection }, pooled: false);

        Assert.Equal(expected, new NpgsqlConnectionStringBuilder(source.ConnectionString).Timeout);
    }

    [Theory]
    [InlineData("Host=a,b", 1)]
    [InlineData("Host=a,b;Host Recheck Seconds=3", 3)]
    public async Task HostRecheck_IsOursUnlessItIsSet(string connection, int expected)
    {
        await using var source = Connections.Source(
            new PostgresStorageOptions { ConnectionString = connection }, pooled: false);

        Assert.Equal(expected, new NpgsqlConnectionStringBuilder(source.ConnectionString).HostRecheckSeconds);
    }
}
