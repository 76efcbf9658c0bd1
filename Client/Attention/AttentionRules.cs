using System.Globalization;
using OrleansTasks.Cluster;
using OrleansTasks.Files;
using OrleansTasks.Nodes;
using OrleansTasks.Rollouts;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Attention;

/// <summary>
/// Decides what needs attention, without reading anything itself. docs/figures.md states the thresholds.
/// </summary>
internal static class AttentionRules
{
    /// <summary>Fewer failures than this in five minutes are not reported.</summary>
    public const int LeastFailures = 10;

    /// <summary>Failures are reported at this multiple of the usual number.</summary>
    public const double ManyTimesUsual = 3;

    /// <summary>The share of its bound at which the store of files is reported.</summary>
    public const double FilesAlmostFull = 0.9;

    /// <summary>How long a queued task may wait while no task of its queue starts or runs.</summary>
    public static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(1);

    /// <summary>How long a task that was submitted in a transaction may wait to be taken.</summary>
    public static readonly TimeSpan UntakenAfter = TimeSpan.FromMinutes(5);

    /// <summary>How long a job with open chunks may go without progress.</summary>
    public static readonly TimeSpan StalledAfter = TimeSpan.FromMinutes(5);

    /// <summary>Returns all items that need attention, severe ones first.</summary>
    public static ImmutableArray<AttentionItem> Judge(AttentionFacts facts)
    {
        var found = new List<AttentionItem>();
        foreach (var queue in facts.Queues)
            found.AddRange(OfQueue(queue, facts.Now));
        found.AddRange(facts.Nodes.Where(static node => node.State == NodeState.Lost).Select(Lost));
        found.AddRange(facts.Jobs.Where(job => job.Open > 0
            && job.Still >= StalledAfter).Select(Stalled));
        found.AddRange(facts.Missed.Select(Missed));
        found.AddRange(facts.Late.Select(Late));
        found.AddRange(facts.Folders.Select(Unwatched));
        found.AddRange(facts.Halted.Select(Halted));
        found.AddRange(facts.Webhooks.Select(Failing));
        if (facts.Store != StoreHealth.Healthy)
            found.Add(new AttentionItem("store-low-space", true, "store", !facts.Store.MayGrow()
                ? "The store's disk is nearly full: the service refuses new tasks"
                : facts.Store == StoreHealth.Damaged ? "The store's file is damaged: restore it from a backup"
                : "The store's last write failed"));
        if (facts.Files is { MostBytes: { } most } space && space.Bytes >= most * FilesAlmostFull)
            found.Add(Full(space, most));
        if (facts.Activation is { } fault)
            found.Add(new AttentionItem("silo-refuses", true, "silo", $"A silo refuses work: {fault}"));
        found.AddRange(facts.Clocks.Select(Stepped));
        found.AddRange(facts.Refused.Select(Refused));
        found.AddRange(facts.FileFaults.Select(static one =>
            new AttentionItem("files-unreachable", true, one.Silo,
                $"Silo {one.Silo} can neither store nor read files: {one.Fault}")));
        if (facts.Quarantined > 0)
            found.Add(new AttentionItem("quarantined", false, "tasks",
                $"{Tasks(facts.Quarantined)} failed because nodes were lost too often")
            {
                Count = facts.Quarantined,
                Fixes = [new("Retry these tasks", "POST", "/api/v1/tasks/retry?state=failed&quarantined=true", "operate")],
            });
        found.AddRange(OfSubmissions(facts.Submissions, facts.Now));
        return [.. found.OrderByDescending(static item => item.IsSevere)];
    }

    private static IEnumerable<AttentionItem> OfSubmissions(SubmissionStatus submissions, long now)
    {
        if (submissions.Refused > 0)
            yield return new AttentionItem("submissions-refused", true, "tasks",
                $"{Tasks(submissions.Refused)} submitted in a transaction {(submissions.Refused == 1 ? "was" : "were")} refused;"
                    + $" the latest error: {submissions.LatestRefusal}")
            {
                Count = submissions.Refused,
            };
        if (submissions.WaitingSince is { } since && now - since >= UntakenAfter.TotalMilliseconds)
            yield return new AttentionItem("submissions-waiting", false, "tasks",
                "Tasks submitted in transactions have waited for minutes: their queue is full, or a silo fails to take them (see its log)")
            {
                Since = since,
            };
    }

    private static IEnumerable<AttentionItem> OfQueue(QueueFact queue, long now)
    {
        if (FailsMore(queue))
            yield return FailuresUp(queue);
        if (queue.Depth == 0)
            yield break;
        // Nothing is to start, and forecasts say until when.
        if (queue.IsDark)
            yield break;
        if (queue.Paused)
        {
            yield return new AttentionItem("queue-paused", false, queue.Name,
                $"Queue {queue.Name} is paused, and {Waiting(queue.Depth)}")
            {
                Count = queue.Depth,
                Fixes = [new("Resume", "PUT", $"/api/v1/queues/{queue.Name}", "operate", """{"paused":false}""")],
            };
        }
        else if (queue.Unfit is { } unfit)
        {
            yield return new AttentionItem("no-node-fits", true, queue.Name,
                $"No node can run {Tasks(unfit.Count)} of queue {queue.Name}: {unfit.Why}")
            {
                Count = unfit.Count, Since = unfit.Since,
                Fixes = [new("Why a task waits", "GET", $"/api/v1/tasks/{unfit.Task}/why", "read")],
            };
        }
        else if (IsStuck(queue, now))
        {
            yield return new AttentionItem("queue-stuck", true, queue.Name,
                $"Queue {queue.Name} starts no tasks, and {Waiting(queue.Depth)}")
            {
                Count = queue.Depth, Since = queue.OldestQueuedAt,
            };
        }
    }

    private static bool FailsMore(QueueFact queue)
    {
        if (queue.Failed < LeastFailures)
            return false;
        // Without a usual number to compare with, at least half of the ended tasks must have failed.
        return queue.UsualFailed is { } usual ? queue.Failed >= usual * ManyTimesUsual
            : queue.Failed * 2 >= queue.Ended;
    }

    private static AttentionItem FailuresUp(QueueFact queue)
    {
        var usual = queue.UsualFailed is { } known
            ? string.Create(CultureInfo.InvariantCulture, $" (usually {Math.Round(known, 1)})") : "";
        return new AttentionItem("failures-up", true, queue.Name,
            $"{Tasks(queue.Failed)} failed in queue {queue.Name} in 5 minutes{usual}")
        {
            Count = queue.Failed, Usual = queue.UsualFailed is { } mean ? Math.Round(mean, 3) : null,
                Since = queue.FailingSince,
            Fixes = [new("Show the causes", "GET", $"/api/v1/failures?queue={queue.Name}", "read")],
        };
    }

    private static bool IsStuck(QueueFact queue, long now)
    {
        if (queue.Running > 0 || queue.Starts || queue.OldestQueuedAt is not { } oldest)
            return false;
        var patience = Math.Max(StuckAfter.TotalSeconds, queue.RatePerSecond is { } rate ? 2 / rate : 0);
        return now - oldest >= patience * 1_000;
    }

    private static AttentionItem Lost(NodeView node) =>
        new("node-lost", true, node.Id, $"Node {node.Id} is not reporting")
    {
        Since = node.LastReportAt,
        Fixes = [new("Forget", "DELETE", $"/api/v1/nodes/{Uri.EscapeDataString(node.Id)}", "operate")],
    };

    private static AttentionItem Stalled(JobFact job) =>
        new("job-stalled", false, job.Id, $"Job {job.Name} has made no progress")
    { Count = job.Open, Since = job.MovedAt };

    private static AttentionItem Missed(MissedFact missed) =>
        new("schedule-missed", false, missed.Schedule, $"Schedule {missed.Schedule} missed some of its times")
    {
        Count = missed.Count, Since = missed.At,
        Fixes = [new("Trigger", "POST", $"/api/v1/schedules/{missed.Schedule}/trigger", "operate")],
    };

    private static AttentionItem Late(LateFact late) =>
        new("schedule-late", false, late.Schedule, $"What schedule {late.Schedule} started will not end, or has not ended, in the expected time")
    {
        Since = late.At,
        Fixes = [new("Its occurrences", "GET", $"/api/v1/schedules/{late.Schedule}/occurrences", "read")],
    };

    private static AttentionItem Unwatched(ScheduleFolderProblem found) =>
        new(
            "schedule-folder", false, found.Schedule,
            $"Schedule {found.Schedule} has a problem with its folder: {found.Problem.Detail}")
    {
        Since = found.Problem.Since,
    };

    private static AttentionItem Halted(HaltedRollout rollout) =>
        new("rollout-halted", false, rollout.Id.ToString(),
            $"Rollout {rollout.Name} has halted: {Nodes(rollout.Failed)} failed")
    {
        Count = rollout.Failed, Since = rollout.HaltedAt,
        Fixes =
        [
            new("Retry failed nodes", "POST", $"/api/v1/rollouts/{rollout.Id}/retry", "operate"),
            new("Resume", "POST", $"/api/v1/rollouts/{rollout.Id}/resume", "operate"),
        ],
    };

    private static AttentionItem Failing(WebhookFact webhook) => webhook.IsGone
        ? new("webhook-gone", false, webhook.Id, $"The webhook to {webhook.Host} is paused: its receiver is gone")
        {
            Count = webhook.Open, Since = webhook.Since,
            Fixes = [new("Resume", "POST", $"/api/v1/webhooks/{webhook.Id}/resume", "admin")],
        }
        : new("webhook-failing", false, webhook.Id, $"The webhook to {webhook.Host} is failing")
        {
            Count = webhook.Open, Since = webhook.Since,
            Fixes = [new("Send a test", "POST", $"/api/v1/webhooks/{webhook.Id}/test", "admin")],
        };

    private static AttentionItem Stepped(ClockFact clock) => new("clock-stepped", false, clock.Of,
        $"The clock of {clock.Of} was set {(clock.Step.By < 0 ? "back" : "forward")} by {Span(clock.Step.By)}: "
        + (clock.Step.By < 0
            ? "times from before may be in the future, and schedules wait until their next time comes again"
            : "times in between count as missed, and what was due has begun"))
    {
        Since = clock.Step.At,
    };

    private static string Span(long milliseconds)
    {
        var seconds = Math.Abs(milliseconds) / 1_000;
        return string.Create(CultureInfo.InvariantCulture, $"{(seconds switch
        {
            >= 172_800 => $"{seconds / 86_400:N0} days",
            >= 7_200 => $"{seconds / 3_600} h",
            >= 120 => $"{seconds / 60} min",
            _ => $"{seconds} s",
        })}");
    }

    private static AttentionItem Full(FileSpace space, long most) => new("files-full", true, "files",
        $"The stored files have {Mebibytes(space.Bytes)} of {Mebibytes(most)} MiB: the service refuses uploads beyond")
    {
        Count = space.Files,
        Fixes = [new("Show the largest files", "GET", "/api/v1/files?sort=size", "operate")],
    };

    private static string Mebibytes(long bytes) => (bytes / 1_048_576).ToString("N0", CultureInfo.InvariantCulture);

    private static AttentionItem Refused(RefusedWrite write) =>
        new("write-refused", true, write.Target,
            $"The store refused what {write.Kind} {write.Target} had to write, which was set aside: {write.Detail}")
        { Count = write.Count, Since = write.Since };

    private static string Waiting(long count) => $"{Tasks(count)} {(count == 1 ? "waits" : "wait")}";

    private static string Nodes(int count) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? "node" : "nodes")}");

    private static string Tasks(long count) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? "task" : "tasks")}");
}
