using System.Data.Common;
using OrleansTasks.Storage.Postgres;

namespace OrleansTasks.Cluster.Startup;

/// <summary>Warns once, after the start, if what is sent to the database could be read on the way.</summary>
internal sealed partial class DatabaseLinkNotice(string database, ILogger<DatabaseLinkNotice> logger)
    : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            if (await PostgresLink.FindHostInTheClear(database, stoppingToken) is { } host)
                IsInTheClear(host);
        }
        catch (Exception fault) when (fault is DbException or TimeoutException or OperationCanceledException)
        {
            // The store reports a database that cannot be reached.
        }
    }

    [LoggerMessage(EventId = 4423, Level = LogLevel.Warning,
        Message = "The connection to the database at {Host} is not encrypted: secrets of tasks and the certificate "
        + "authority's key cross the network. Add 'SSL Mode=VerifyFull' to --db, and 'Root Certificate=FILE' if the "
        + "server's certificate is from an authority of your own.")]
    private partial void IsInTheClear(string host);
}
