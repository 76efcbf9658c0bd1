using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Queues;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Events;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Attention;

/// <summary>
/// Reads the facts that the rules evaluate. It remembers how far it has read the events of schedules, and when each job
/// last made progress. Not thread-safe.
/// </summary>
/// <param name="grains">The grains to read from.</param>
/// <param name="figures">The series.</param>
/// <param name="probe">Whether silos can activate grains.</param>
/// <param name="clock">Whether this machine's clock was set.</param>
/// <param name="time">The clock.</param>
internal sealed class AttentionReading(
    GatewayGrains grains, FigureCollector figures, ActivationProbe probe, ClockWatch clock, TimeProvider time)
{
    private const int MostJobs = 100;
    private const int MostRollouts = 100;
    private const int MostFolders = 100;
    private const int MostEvents = 1_000;
    private const int PageSize = 250;
    private static readonly TimeSpan MissedFor = TimeSpan.FromDays(1);
    private static readonly TimeSpan QuarantinePeriod = TimeSpan.FromMinutes(1);

    private readonly UnfitTasks unfit = new(grains);
    private readonly Dictionary<TaskId, (long Counts, long At, long Timestamp)> moved = [];
    private readonly List<ResourceEvent> missed = [];
    private readonly Dictionary<string, long> late = new(StringComparer.Ordinal);
    private long? seenEvents;
    private long quarantined;
    private long? quarantinedAt;

    /// <summary>Reads all facts. If a silo cannot activate grains, returns only that fact.</summary>
    public async Task<AttentionFacts> Read()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var probing = probe.FindFault();
        AttentionFacts facts;
        try
        {
            facts = await Read(now);
        }
        catch (Exception)
        {
            if (await probing is null)
                throw;
            facts = new AttentionFacts(now);
        }

        return facts with { Activation = await probing, Clocks = Clocks() };
    }

    private async Task<AttentionFacts> Read(long now)
    {
        var (queues, nodes) = (QueueCalls.ReadAll(grains), grains.Fleet.List());
        var (webhooks, store, files) = (grains.Webhooks.List(), grains.Cluster.Store(), grains.Files.Space());
        var fleet = await nodes;
        var facts = new List<QueueFact>();
        foreach (var queue in (await queues).Values)
            facts.Add(await OfQueue(queue, fleet, now));
        return new AttentionFacts(now)
        {
            Queues = [.. facts],
            Nodes = fleet,
            Jobs = await Jobs(now),
            Missed = await Missed(now),
            Late = [.. late.Select(static one => new LateFact(one.Key, one.Value))],
            Folders = await grains.Schedules.FolderProblems(MostFolders),
            Halted = await grains.Rollouts.Halted(MostRollouts),
            Webhooks = [.. (await webhooks).Where(static one => one is { Paused: false, FailingSince: not null } or { GoneAt: not null })
                .Select(WebhookFact.Of)],
            Store = await store,
            Files = await files,
            Refused = figures.Refused,
            FileFaults = figures.FileFaults,
            Quarantined = await Quarantined(),
            Submissions = await grains.Tasks.Submissions(),
        };
    }

    private async Task<QueueFact> OfQueue(QueueCalls.Queue queue, ImmutableArray<NodeView> nodes, long now)
    {
        var (settings, status) = (queue.Settings, queue.Status);
        var failures = figures.Read((book, second) => FailureFigures.Of(book, settings.Name, second));
        var fact = new QueueFact(
            settings.Name, settings.Paused, status?.Queued ?? 0, status?.Running ?? 0, status?.OldestQueuedAt)
        {
            RatePerSecond = settings.RatePerSecond, Starts = failures.Starts, Failed = failures.Failed,
            Ended = failures.Ended,
            UsualFailed = failures.Usual, FailingSince = failures.Since,
            IsDark = !settings.Blackouts.IsDefaultOrEmpty && (figures.HeldBy(settings.Name) ?? []).Any(static held => held.Code == "blackout"),
        };
        var waits = fact is { Paused: false, OldestQueuedAt: { } oldest }
            && now - oldest >= UnfitTasks.LookAfter.TotalMilliseconds;
        return waits ? fact with { Unfit = await unfit.In(settings.Name, nodes, now) } : fact;
    }

    private async Task<ImmutableArray<JobFact>> Jobs(long now)
    {
        var running = await grains.Jobs.List(JobFilter.All with { State = JobState.Running }, null, MostJobs);
        foreach (var gone in moved.Keys.Except(running.Select(static job => job.Id)).ToArray())
            moved.Remove(gone);
        foreach (var job in running)
        {
            var counts = job.ItemsRead + job.ItemsDone + job.ItemsFailed + job.ChunksDone;
            if (!moved.TryGetValue(job.Id, out var known) || known.Counts != counts)
                moved[job.Id] = (counts, now, time.GetTimestamp());
        }

        return [.. running.Select(job =>
            new JobFact(job.Id.ToString(), job.Name, job.ChunksQueued + job.ChunksRunning, moved[job.Id].At,
                time.GetElapsedTime(moved[job.Id].Timestamp)))];
    }

    private async Task<ImmutableArray<MissedFact>> Missed(long now)
    {
        seenEvents ??= Math.Max(0, (await grains.Events.ReadResources(long.MaxValue, 1)).Last - MostEvents);
        while (await grains.Events.ReadResources(seenEvents.Value, PageSize) is { } page)
        {
            // If the log is shorter than before, the store was restored from a backup: continue at its end.
            if (page.Last < seenEvents)
                seenEvents = page.Last;
            if (page.Events.IsEmpty)
                break;
            NoteMissed(missed, page.Events);
            NoteLate(late, page.Events);
            seenEvents = page.Events[^1].Sequence;
        }

        foreach (var (schedule, at) in late)
        {
            if (now - at > MissedFor.TotalMilliseconds)
                late.Remove(schedule);
        }

        missed.RemoveAll(one => now - one.At > MissedFor.TotalMilliseconds);
        if (missed.Count > MostEvents)
            missed.RemoveRange(0, missed.Count - MostEvents);
        return [.. missed.GroupBy(static one => one.Id, StringComparer.Ordinal)
            .Select(static schedule =>
                new MissedFact(schedule.Key, schedule.Count(), schedule.Min(static one => one.At)))];
    }

    /// <summary>
    /// Adds the missed times of schedules, and drops those of schedules that have been deleted since.
    /// </summary>
    internal static void NoteMissed(List<ResourceEvent> missed, ImmutableArray<ResourceEvent> events)
    {
        foreach (var happened in events)
        {
            if (happened is { Kind: ResourceKind.Schedule, State: ResourceState.Missed })
                missed.Add(happened);
            else if (happened is { Kind: ResourceKind.Schedule, State: ResourceState.Deleted })
                missed.RemoveAll(one => one.Id == happened.Id);
        }
    }

    /// <summary>Notes schedules that are late, until they start again, are changed or deleted.</summary>
    internal static void NoteLate(Dictionary<string, long> late, ImmutableArray<ResourceEvent> events)
    {
        foreach (var happened in events.Where(static one => one.Kind == ResourceKind.Schedule))
        {
            if (happened.State == ResourceState.Late)
                late.TryAdd(happened.Id, happened.At);
            else if (happened.State is ResourceState.Started or ResourceState.Changed or ResourceState.Deleted)
                late.Remove(happened.Id);
        }
    }

    // A silo in this process reports the same step.
    private ImmutableArray<ClockFact> Clocks()
    {
        ImmutableArray<ClockFact> silos = [.. figures.Silos.Where(static silo => silo.Figures.ClockStep is not null)
            .Select(static silo => new ClockFact(silo.Figures.Silo, silo.Figures.ClockStep!))];
        return clock.Last is { } own && !silos.Any(silo => silo.Step == own) ? [.. silos, new("gateway", own)] : silos;
    }

    private async Task<long> Quarantined()
    {
        if (quarantinedAt is { } at && time.GetElapsedTime(at) < QuarantinePeriod)
            return quarantined;
        var filter = TaskFilter.All with { State = TaskState.Failed, Quarantined = true };
        quarantined = (await grains.Tasks.Summarize(filter)).Total;
        quarantinedAt = time.GetTimestamp();
        return quarantined;
    }
}
