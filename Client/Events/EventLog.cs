using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Events;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Events;

/// <summary>
/// The gateway's own way through the stored events, for all its readers. While there is a reader it fetches each record once, keeps the newest
/// and wakes the readers; the feeds say when to look, and once a second it looks whatever they say, so that nothing is missed when a feed's
/// message is. A reader that is further behind than what is kept reads the store itself until it has caught up. Without readers nothing is
/// read and no partition is listened to.
/// </summary>
/// <param name="grains">Reads events.</param>
/// <param name="hub">Tells when there is something to read.</param>
/// <param name="nodeFeed">The same of nodes.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Gets faults.</param>
public sealed partial class EventLog(
    GatewayGrains grains, FeedHub hub, NodeFeed nodeFeed, TimeProvider time, ILogger<EventLog> logger) : BackgroundService
{
    private const int PageSize = 256;

    /// <summary>Transitions that are kept: some megabytes, and seconds of a busy service.</summary>
    private const int MostEntries = 32_768;

    private const int MostNodeEvents = 1_024;
    private static readonly TimeSpan QuietLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan NodeLook = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ListenFor = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly HashSet<Reader> readers = [];
    private readonly RecentRecords<EventRecord> commits =
        new(MostEntries, static record => record.Number, static record => Math.Max(1, record.Entries.Length));

    private readonly RecentRecords<NodeEvent> changes = new(MostNodeEvents, static change => change.Sequence, static _ => 1);

    // Only the loop touches what follows.
    private readonly Signal news = hub.NewSignal();
    private readonly Dictionary<PartitionKey, (PartitionFeed Feed, DateTimeOffset Until)> feeds = [];
    private DateTimeOffset nextNodeLook;
    private DateTimeOffset nextTidy;
    private long seenChanges;
    private volatile bool isListening;

    /// <summary>Whether nobody reads, and nothing is listened to.</summary>
    internal bool IsResting => !isListening && !HasReaders;

    /// <summary>A new reader; it ends when it is disposed.</summary>
    internal Reader Join()
    {
        var reader = new Reader(this, hub.NewSignal());
        lock (gate)
            readers.Add(reader);
        news.Set();
        return reader;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var hasFailed = false;
        while (true)
        {
            if (!HasReaders)
            {
                Rest();
                await news.Wait(Timeout.InfiniteTimeSpan, stoppingToken);
                continue;
            }

            var any = false;
            try
            {
                any = await Look();
                // Readers that could not read either wait for a word that it is possible again.
                if (any || hasFailed)
                    WakeReaders();
                hasFailed = false;
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                hasFailed = true;
                if (!Faults.IsPassing(fault))
                    Skip(fault);
                await Task.Delay(QuietLook, time, stoppingToken);
                continue;
            }

            if (any)
                await Task.Delay(LeastPause, time, stoppingToken);
            else
                await news.Wait(QuietLook, stoppingToken);
        }
    }

    private bool HasReaders
    {
        get
        {
            lock (gate)
                return readers.Count > 0;
        }
    }

    private async Task<EventLogPage> Read(long after)
    {
        lock (gate)
        {
            if (commits.TryRead(after, PageSize, out var page))
                return new EventLogPage(0, commits.Last, page);
        }

        return await grains.Events.ReadLog(after, PageSize);
    }

    private async Task<ImmutableArray<NodeEvent>> ReadNodes(long after)
    {
        lock (gate)
        {
            if (changes.TryRead(after, PageSize, out var page))
                return page;
        }

        return await grains.Events.ReadNodes(after, PageSize);
    }

    /// <summary>Fetches what is new; true when there was something.</summary>
    private async Task<bool> Look()
    {
        if (!isListening)
        {
            isListening = true;
            await nodeFeed.Listen(news);
            Listen(new PartitionKey(PartitionKey.DefaultQueue, 0));
        }

        Tidy();
        var anyChange = await FetchChanges();
        return await FetchCommits() || anyChange;
    }

    private async Task<bool> FetchCommits()
    {
        if (!commits.HasBegun)
        {
            var log = await grains.Events.ReadLog(long.MaxValue, 1);
            lock (gate)
                commits.Begin(log.Last);
            WakeReaders();
            return false;
        }

        var any = false;
        while (true)
        {
            var page = await grains.Events.ReadLog(commits.Last, PageSize);
            if (page.Last < commits.Last)
            {
                // The store was restored from a backup: what is kept here never happened.
                lock (gate)
                    commits.Begin(page.Last);
                WakeReaders();
                return false;
            }

            if (page.Records.IsEmpty && page.Trimmed <= commits.Last)
                return any;
            any = true;
            foreach (var record in page.Records)
                Listen(record.Partition);
            lock (gate)
            {
                if (page.Trimmed > commits.Last)
                    commits.Begin(page.Last);
                else
                    foreach (var record in page.Records)
                        commits.Add(record);
            }

            if (page.Records.Length < PageSize)
                return any;
            // There is more, and there may always be.
            WakeReaders();
        }
    }

    private async Task<bool> FetchChanges()
    {
        var now = time.GetUtcNow();
        var told = nodeFeed.Changes;
        if (now < nextNodeLook && told == seenChanges)
            return false;
        var position = await grains.Events.NodePosition();
        (nextNodeLook, seenChanges) = (now + NodeLook, told);
        if (!changes.HasBegun || position.First > changes.Last + 1 || position.Last < changes.Last)
        {
            lock (gate)
                changes.Begin(position.Last);
            WakeReaders();
            return false;
        }

        var any = false;
        while (position.Last > changes.Last)
        {
            var page = await grains.Events.ReadNodes(changes.Last, PageSize);
            if (page.IsEmpty)
                break;
            any = true;
            lock (gate)
            {
                foreach (var change in page)
                    changes.Add(change);
            }
        }

        return any;
    }

    /// <summary>
    /// What comes next cannot be read by whatever error: readers meet it themselves, and what comes after it is kept for those who begin
    /// there.
    /// </summary>
    private void Skip(Exception fault)
    {
        LogLookFailed(fault);
        lock (gate)
        {
            commits.Clear();
            changes.Clear();
        }

        WakeReaders();
    }

    private void WakeReaders()
    {
        lock (gate)
        {
            foreach (var reader in readers)
                reader.Wake();
        }
    }

    private void Listen(PartitionKey partition)
    {
        var until = time.GetUtcNow() + ListenFor;
        if (feeds.TryGetValue(partition, out var known))
        {
            feeds[partition] = (known.Feed, until);
            return;
        }

        var feed = hub.Of(partition);
        feed.Listen(news);
        feeds.Add(partition, (feed, until));
        // Nobody waits for it: the look every second finds what is committed before the subscription counts.
        _ = hub.Subscribe(feed);
    }

    /// <summary>Stops listening to partitions without recent events. The look every second finds their next ones.</summary>
    private void Tidy()
    {
        var now = time.GetUtcNow();
        if (now < nextTidy)
            return;
        nextTidy = now + ListenFor;
        foreach (var (partition, (feed, until)) in feeds)
        {
            if (until >= now)
                continue;
            feed.Unlisten(news);
            feeds.Remove(partition);
        }
    }

    /// <summary>Nobody reads: nothing is listened to, and nothing is kept.</summary>
    private void Rest()
    {
        if (!isListening)
            return;
        isListening = false;
        nodeFeed.Unlisten(news);
        foreach (var (feed, _) in feeds.Values)
            feed.Unlisten(news);
        feeds.Clear();
        nextNodeLook = default;
        lock (gate)
        {
            commits.Clear();
            changes.Clear();
        }
    }

    [LoggerMessage(EventId = 5221, Level = LogLevel.Error, Message = "Events cannot be read; open event streams wait. It is tried again every second.")]
    private partial void LogLookFailed(Exception fault);

    /// <summary>One reader.</summary>
    internal sealed class Reader(EventLog log, Signal signal) : IDisposable
    {
        /// <summary>
        /// The commits after a number, a page at most; none when there are none yet. <see cref="EventLogPage.Trimmed"/> is larger than the number
        /// when what follows it was removed from the store.
        /// </summary>
        public Task<EventLogPage> Read(long after) => log.Read(after);

        /// <summary>The changes of nodes after a number, a page at most; none when there are none yet.</summary>
        public Task<ImmutableArray<NodeEvent>> ReadNodes(long after) => log.ReadNodes(after);

        /// <summary>Waits until there may be something new, or for the time.</summary>
        public Task Wait(TimeSpan longest, CancellationToken cancellation) => signal.Wait(longest, cancellation);

        /// <summary>Ends a wait, or the next one at once.</summary>
        public void Wake() => signal.Set();

        /// <inheritdoc/>
        public void Dispose()
        {
            lock (log.gate)
                log.readers.Remove(this);
            log.news.Set();
        }
    }
}
