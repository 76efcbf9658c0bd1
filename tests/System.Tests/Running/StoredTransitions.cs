using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Feed;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Sqlite;

namespace OrleansTasks.System.Tests.Running;

/// <summary>The store of a service that has ended, for what its own record of transitions says.</summary>
internal sealed class StoredTransitions : IAsyncDisposable
{
    private readonly ServiceProvider provider;

    /// <summary>Opens the store in a data folder.</summary>
    public StoredTransitions(string data) => provider = new ServiceCollection()
        .AddSqliteStorage(new SqliteStorageOptions { Directory = data, EventRecordsKept = int.MaxValue })
        .BuildServiceProvider();

    /// <summary>The store.</summary>
    public ITaskStore Store => provider.GetRequiredService<ITaskStore>();

    /// <summary>All transitions of the default queue, in the order in which they were committed.</summary>
    public async Task<ImmutableArray<FeedEntry>> Read()
    {
        var found = ImmutableArray.CreateBuilder<FeedEntry>();
        for (long after = 0; ;)
        {
            var records = await Store.ReadEvents(QueueSettings.DefaultQueue, after, 1_000);
            if (records.IsEmpty)
                return found.DrainToImmutable();
            foreach (var record in records)
                found.AddRange(record.Entries);
            after = records[^1].Sequence;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => provider.DisposeAsync();
}
