using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Events;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Events;

/// <summary>
/// Reads the stored events once for all event streams of this gateway. While there is a reader, it fetches each record
/// once, keeps the newest records and wakes the readers. It looks when a feed reports a commit, and once a second, so a
/// lost report costs a second. A reader whose position is older than the kept records reads the store itself. Without
/// readers it reads nothing and listens to nothing.
/// </summary>
/// <param name="grains">Reads events.</param>
/// <param name="hub">Reports commits.</param>
/// <param name="nodeFeed">Reports changes of nodes.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Gets faults.</param>
public sealed partial class EventLog(
    GatewayGrains grains, FeedHub hub, NodeFeed nodeFeed, TimeProvider time, ILogger<EventLog> logger)
    : BackgroundService
{
    /// <summary>How many records are read at a time.</summary>
    internal const int PageSize = 256;

    /// <summary>
    /// How many transitions are kept: some megabytes. More than a second of 20,000 tasks has, so that live streams find them here.
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

    // Null while nothing is listened to. Only the loop changes it and what follows.
    private volatile EventFeeds? feeds;
    private DateTimeOffset nextNodeLook;
    private DateTimeOffset nextResourceLook;
    private long seenChanges;

    /// <summary>Whether there are no readers and nothing is listened to.</summary>
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

    /// <summary>Adds a reader; disposing it removes it.</summary>
    /// <param name="isPatient">
    /// Whether the reader looks at times of its own: while all do, commits are fetched five times a second, and not as they come.
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
                // Readers whose own reads failed wait to be told that reading works again.
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
        // Whoever joins meanwhile waits no longer than the others would.
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

    /// <summary>Fetches new records; returns whether there were any.</summary>
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
            // Records that follow were removed; or the store was restored from a backup, and the kept records never
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
            // The store may fill as fast as it is read, so readers do not wait for the last page.
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

    /// <summary>Resources change rarely and tell nobody: the log looks once a second.</summary>
    private async Task<bool> FetchResources()
    {
        var now = time.GetUtcNow();
        if (now < nextResourceLook)
            return false;
        nextResourceLook = now + QuietLook;
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

    /// <summary>Keeps what follows a number from now on. Readers at an earlier position read the store.</summary>
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
    /// The next record cannot be read. Readers at that position meet the fault themselves; the log begins anew behind
    /// it, for readers that come later.
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
        nextNodeLook = nextResourceLook = default;
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
        Message = "Stored events cannot be read. Event streams that need them end. Reading is retried every second.")]
    private partial void LogLookFailed(Exception fault);

    /// <summary>One reader of the log.</summary>
    internal sealed class Reader(EventLog log, Signal signal, bool isPatient) : IDisposable
    {
        /// <summary>Whether it looks at times of its own.</summary>
        public bool IsPatient => isPatient;

        /// <summary>
        /// Returns at most <paramref name="most"/> commits after a number; an empty page when there are none yet.
        /// <see cref="EventLogPage.Trimmed"/> is larger than the number when the store has removed commits that follow
        /// it.
        /// </summary>
        public Task<EventLogPage> Read(long after, int most = PageSize) => log.Read(after, most);

        /// <summary>
        /// Returns at most one page of the changes of nodes after a number; none when there are none yet.
        /// </summary>
        public Task<ImmutableArray<NodeEvent>> ReadNodes(long after) => log.ReadNodes(after);

        /// <summary>
        /// Returns at most one page of the changes of resources after a number; none when there are none yet.
        /// </summary>
        public Task<ImmutableArray<ResourceEvent>> ReadResources(long after) => log.ReadResources(after);

        /// <summary>Waits until there may be something new, at most for the given time.</summary>
        public Task Wait(TimeSpan longest, CancellationToken cancellation) => signal.Wait(longest, cancellation);

        /// <summary>Ends the current wait, or the next one at once.</summary>
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
