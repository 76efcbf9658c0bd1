using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Events;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Events;

/// <summary>
/// Reads the stored events once for all event streams of this gateway. While there are readers, it fetches each record
/// once, keeps the newest records and wakes the readers. It looks for records when a feed reports a commit, and once a
/// second in case a report was lost. A reader at an older position than the kept records reads from the store. Without
/// readers, the log reads nothing and listens to nothing.
/// </summary>
/// <param name="grains">Reads events.</param>
/// <param name="hub">Reports commits.</param>
/// <param name="nodeFeed">Reports node changes.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs faults.</param>
public sealed partial class EventLog(
    GatewayGrains grains, FeedHub hub, NodeFeed nodeFeed, TimeProvider time, ILogger<EventLog> logger)
    : BackgroundService
{
    /// <summary>The number of records to read at a time.</summary>
    internal const int PageSize = 256;

    /// <summary>
    /// Maximum number of transitions kept, which take some megabytes. At 20,000 tasks per second, more than a second's
    /// worth, so live streams find them here.
    /// </summary>
    private const int MostEntries = 131_072;

    private const int MostNodeEvents = 1_024;
    private const int MostResourceEvents = 1_024;
    private static readonly TimeSpan QuietLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PatientPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan NodeLook = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly HashSet<Reader> readers = [];
    private readonly RecentRecords<EventRecord> commits =
        new(MostEntries, static record => record.Number, static record => Math.Max(1, record.Entries.Length));

    private readonly RecentRecords<NodeEvent> changes =
        new(MostNodeEvents, static change => change.Sequence, static _ => 1);

    private readonly RecentRecords<ResourceEvent> resources =
        new(MostResourceEvents, static change => change.Sequence, static _ => 1);

    private readonly Signal news = hub.NewSignal();

    // Null while the log listens to nothing. Only the loop changes this field and those below.
    private volatile EventFeeds? feeds;
    // Timestamps of the clock; null to look at once.
    private long? nodesLookedAt;
    private long? resourcesLookedAt;
    private long seenChanges;

    /// <summary>Whether the log has no readers and listens to nothing.</summary>
    internal bool IsResting => feeds is null && !HasReaders;

    private bool ArePatient
    {
        get
        {
            lock (gate)
                return readers.All(static reader => reader.IsPatient);
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

    /// <summary>Adds a reader. Disposing the reader removes it.</summary>
    /// <param name="isPatient">
    /// Whether the reader reads at its own interval. While all readers do, commits are fetched five times a second
    /// instead of as they arrive.
    /// </param>
    internal Reader Join(bool isPatient = false)
    {
        var reader = new Reader(this, hub.NewSignal(), isPatient);
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
                // After a failure, wake all readers: those whose own reads failed are waiting to try again.
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
                await Pause(stoppingToken);
            else
                await news.Wait(QuietLook, stoppingToken);
        }
    }

    private async Task Pause(CancellationToken stoppingToken)
    {
        // Wait in short steps, so that an impatient reader that joins now does not wait for the long pause.
        for (var waited = TimeSpan.Zero; waited < (ArePatient ? PatientPause : LeastPause); waited += LeastPause)
            await Task.Delay(LeastPause, time, stoppingToken);
    }

    private async Task<EventLogPage> Read(long after, int most)
    {
        lock (gate)
        {
            if (commits.TryRead(after, most, out var page))
                return new EventLogPage(0, commits.Last, page);
        }

        return await grains.Events.ReadLog(after, most);
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

    private async Task<ImmutableArray<ResourceEvent>> ReadResources(long after)
    {
        lock (gate)
        {
            if (resources.TryRead(after, PageSize, out var page))
                return page;
        }

        return (await grains.Events.ReadResources(after, PageSize)).Events;
    }

    /// <summary>Fetches new records. Returns whether there were any.</summary>
    private async Task<bool> Look()
    {
        if (feeds is not { } listening)
        {
            feeds = listening = new EventFeeds(hub, news, time);
            await nodeFeed.Listen(news);
            listening.Listen(QueueSettings.DefaultQueue);
        }

        listening.Tidy();
        var anyChange = await FetchChanges();
        anyChange |= await FetchResources();
        return await FetchCommits(listening) || anyChange;
    }

    private async Task<bool> FetchCommits(EventFeeds listening)
    {
        if (!commits.HasBegun)
        {
            Begin(commits, (await grains.Events.ReadLog(long.MaxValue, 1)).Last);
            return false;
        }

        for (var any = false; ; any = true)
        {
            var page = await grains.Events.ReadLog(commits.Last, PageSize);
            // Either the next records were removed, or the store was restored from a backup and the kept records never
            // happened.
            if (page.Trimmed > commits.Last || page.Last < commits.Last)
            {
                Begin(commits, page.Last);
                return false;
            }

            foreach (var record in page.Records)
                listening.Listen(record.Queue);
            Keep(commits, page.Records);
            if (page.Records.Length < PageSize)
                return any || page.Records.Length > 0;
            // The store may fill as fast as it is read, so do not make readers wait for the last page.
            WakeReaders();
        }
    }

    private async Task<bool> FetchChanges()
    {
        var told = nodeFeed.Changes;
        var now = time.GetTimestamp();
        if (IsRecent(nodesLookedAt, NodeLook) && told == seenChanges)
            return false;
        var position = await grains.Events.NodePosition();
        (nodesLookedAt, seenChanges) = (now, told);
        if (!changes.HasBegun || position.First > changes.Last + 1 || position.Last < changes.Last)
        {
            Begin(changes, position.Last);
            return false;
        }

        var any = false;
        while (position.Last > changes.Last && await grains.Events.ReadNodes(changes.Last, PageSize) is { IsEmpty: false } page)
        {
            Keep(changes, page);
            any = true;
        }

        return any;
    }

    private bool IsRecent(long? lookedAt, TimeSpan period) => lookedAt is { } at && time.GetElapsedTime(at) < period;

    /// <summary>Fetches resource changes once a second: they are rare, and no feed reports them.</summary>
    private async Task<bool> FetchResources()
    {
        if (IsRecent(resourcesLookedAt, QuietLook))
            return false;
        resourcesLookedAt = time.GetTimestamp();
        for (var any = false; ; any = true)
        {
            var page = await grains.Events.ReadResources(resources.HasBegun ? resources.Last : long.MaxValue, PageSize);
            if (!resources.HasBegun || page.HasLost(resources.Last) || page.Last < resources.Last)
            {
                Begin(resources, page.Last);
                return false;
            }

            Keep(resources, page.Events);
            if (page.Events.Length < PageSize)
                return any || page.Events.Length > 0;
        }
    }

    /// <summary>
    /// Starts keeping the records after a number. Readers at an earlier position read from the store.
    /// </summary>
    private void Begin<T>(RecentRecords<T> recent, long at)
    {
        lock (gate)
            recent.Begin(at);
        WakeReaders();
    }

    private void Keep<T>(RecentRecords<T> recent, ImmutableArray<T> records)
    {
        lock (gate)
        {
            foreach (var record in records)
                recent.Add(record);
        }
    }

    /// <summary>
    /// Called when the next record cannot be read. Readers at that position run into the fault themselves. For later
    /// readers, the log starts again from the current end.
    /// </summary>
    private void Skip(Exception fault)
    {
        LogLookFailed(fault);
        Forget();
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

    /// <summary>Stops listening and forgets the kept records.</summary>
    private void Rest()
    {
        if (feeds is not { } listening)
            return;
        nodeFeed.Unlisten(news);
        listening.Clear();
        nodesLookedAt = resourcesLookedAt = null;
        Forget();
        feeds = null;
    }

    private void Forget()
    {
        lock (gate)
        {
            commits.Clear();
            changes.Clear();
            resources.Clear();
        }
    }

    [LoggerMessage(
        EventId = 5221, Level = LogLevel.Error,
        Message = "Cannot read stored events; closing the event streams that need them. Trying again every second.")]
    private partial void LogLookFailed(Exception fault);

    /// <summary>One reader of the log.</summary>
    internal sealed class Reader(EventLog log, Signal signal, bool isPatient) : IDisposable
    {
        /// <summary>Whether the reader reads at its own interval.</summary>
        public bool IsPatient => isPatient;

        /// <summary>
        /// Returns at most <paramref name="most"/> commits after a number; an empty page if there are none yet.
        /// <see cref="EventLogPage.Trimmed"/> exceeds the number if the store has removed commits after it.
        /// </summary>
        public Task<EventLogPage> Read(long after, int most = PageSize) => log.Read(after, most);

        /// <summary>Returns at most one page of node changes after a number; empty if there are none yet.</summary>
        public Task<ImmutableArray<NodeEvent>> ReadNodes(long after) => log.ReadNodes(after);

        /// <summary>Returns at most one page of resource changes after a number; empty if there are none yet.</summary>
        public Task<ImmutableArray<ResourceEvent>> ReadResources(long after) => log.ReadResources(after);

        /// <summary>Waits until there may be new records, at most for the given time.</summary>
        public Task Wait(TimeSpan longest, CancellationToken cancellation) => signal.Wait(longest, cancellation);

        /// <summary>Ends the current wait or, if there is none, the next one.</summary>
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
