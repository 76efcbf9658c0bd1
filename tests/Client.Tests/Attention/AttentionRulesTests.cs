using OrleansTasks.Events;
using System.Collections.Immutable;
using OrleansTasks.Client.Attention;
using OrleansTasks.Client.Figures;
using OrleansTasks.Cluster;
using OrleansTasks.Files;
using OrleansTasks.Nodes;
using OrleansTasks.Rollouts;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Client.Tests.Attention;

/// <summary>What needs attention, and what does not quite.</summary>
public sealed class AttentionRulesTests
{
    private const long Now = 1_900_000_200_000;

    [Fact]
    public void Judge_NothingWrong_IsEmpty() =>
        Assert.Empty(Judge(new QueueFact("q", false, 5, 3, Now - 5_000), paused: new QueueFact("p", true, 0, 0, null)));

    [Theory]
    [InlineData(9, 9, 0d, null)]
    [InlineData(10, 100, 0d, "failures-up")]
    [InlineData(29, 100, 10d, null)]
    [InlineData(30, 100, 10d, "failures-up")]
    [InlineData(10, 21, null, null)]
    [InlineData(10, 20, null, "failures-up")]
    public void Judge_Failures_AreComparedWithTheUsual(long failed, long ended, double? usual, string? code) =>
        Assert.Equal(code, Judge(new QueueFact("q", false, 0, 0, null) { Failed = failed, Ended = ended,
            UsualFailed = usual }).SingleOrDefault()?.Code);

    [Theory]
    [InlineData(59, 0, false, null, null)]
    [InlineData(60, 0, false, null, "queue-stuck")]
    [InlineData(60, 1, false, null, null)]
    [InlineData(60, 0, true, null, null)]
    [InlineData(60, 0, false, 0.01, null)]
    [InlineData(200, 0, false, 0.01, "queue-stuck")]
    public void Judge_WaitingQueue_IsStuckWhenNothingStarts(int seconds, long running, bool starts, double? rate,
        string? code) =>
        Assert.Equal(code, Judge(new QueueFact("q", false, 1, running, Now - (seconds * 1_000)) { Starts = starts,
            RatePerSecond = rate }).SingleOrDefault()?.Code);

    [Fact]
    public void Judge_DataThatTheStoreRefused_IsSevereAndSaysWhatWasSetAside()
    {
        var item = Assert.Single(AttentionRules.Judge(new AttentionFacts(Now)
        { Refused = [new RefusedWrite("webhook", "wh_1", "its receiver's answer", Now - 5, 3)] }));
        Assert.Equal(("write-refused", "wh_1", true, 3, Now - 5), (item.Code, item.Target, item.IsSevere, item.Count, item.Since));
        Assert.Contains("webhook wh_1", item.Title, StringComparison.Ordinal);
        Assert.Contains("its receiver's answer", item.Title, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_PausedQueueWithTasks_OffersToResumeIt()
    {
        var item = Assert.Single(Judge(new QueueFact("q", true, 12, 0, Now - 600_000)));
        Assert.Equal(("queue-paused", "q", 12, false), (item.Code, item.Target, item.Count, item.IsSevere));
        Assert.Equal(new AttentionFix("Resume", "PUT", "/api/v1/queues/q", "operate", """{"paused":false}"""),
            Assert.Single(item.Fixes));
    }

    [Fact]
    public void Judge_TaskThatNoNodeFits_IsToldInsteadOfAStuckQueue()
    {
        var item = Assert.Single(Judge(new QueueFact("q", false, 3, 0,
            Now - 600_000) { Unfit = (1, "id", Now - 5, "no node has the label gpu=yes") }));
        Assert.Equal(("no-node-fits", Now - 5), (item.Code, item.Since));
        Assert.Contains("1 task of queue q: no node has the label gpu=yes", item.Title, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_EverythingElse_IsToldSevereFirst()
    {
        var lost = new NodeView("w3", NodeState.Lost, 1, 0, [], "", "", Now - 9, 0, 0, Limits.None);
        var rollout = new TaskId(1, 2);
        var found = AttentionRules.Judge(new AttentionFacts(Now)
        {
            Nodes = [lost, lost with { Id = "w4", State = NodeState.Gone }],
            Jobs = [new JobFact("j", "squares", 1, Now - 300_000, TimeSpan.FromMinutes(5)),
                new JobFact("k", "waits for items", 0, Now - 300_000, TimeSpan.FromMinutes(5)),
                new JobFact("l", "moves", 1, Now - 299_999, TimeSpan.FromMilliseconds(299_999))],
            Missed = [new MissedFact("nightly", 2, Now - 1)],
            Halted = [new HaltedRollout(rollout, "patch", 1, Now - 3)],
            Webhooks = [new WebhookFact("h", "x", Now - 2, 4)],
            Store = StoreHealth.LowSpace,
            Quarantined = 3,
            Submissions = new SubmissionStatus(2, "cmd: must be a string", Now - 300_000),
        });
        Assert.Equal(
            ["node-lost w3", "store-low-space store", "submissions-refused tasks", "job-stalled j",
                "schedule-missed nightly", $"rollout-halted {rollout}", "webhook-failing h", "quarantined tasks",
                "submissions-waiting tasks"],
            found.Select(static item => $"{item.Code} {item.Target}"));
        Assert.All(found, static item => Assert.Contains(item.Code, SnoozeReader.Codes));
    }

    [Theory]
    [InlineData(null, "webhook-failing")]
    [InlineData(7L, "webhook-gone")]
    public void Judge_WebhookWithATokenInItsAddress_NamesTheHostAlone(long? goneAt, string code)
    {
        var webhook = new WebhookView(
            "h", "https://user:pw@chat.example.org/hook/t0ken?key=s3cret", default, false, 1, 5, 4)
        {
            GoneAt = goneAt,
        };

        var item = Assert.Single(
            AttentionRules.Judge(new AttentionFacts(Now) { Webhooks = [WebhookFact.Of(webhook)] }));

        Assert.Equal((code, goneAt ?? 5), (item.Code, item.Since));
        Assert.StartsWith("The webhook to chat.example.org is ", item.Title, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(899, 1_000L, null)]
    [InlineData(900, 1_000L, "files-full")]
    [InlineData(2_000, 1_000L, "files-full")]
    [InlineData(2_000, null, null)]
    [InlineData(0, 0L, "files-full")]
    public void Judge_StoreOfFilesThatFills_IsToldFromNinetyPercentOn(long bytes, long? most, string? code)
    {
        var found = AttentionRules.Judge(new AttentionFacts(Now) { Files = new FileSpace(3, bytes, most) });

        Assert.Equal(code, found.SingleOrDefault()?.Code);
        Assert.All(found, static item => Assert.True(item is { IsSevere: true, Target: "files", Count: 3 }));
        Assert.All(found, static item => Assert.Contains(item.Code, SnoozeReader.Codes));
    }

    [Fact]
    public void NoteMissed_ScheduleIsDeletedAndMadeAnew_HasOnlyItsOwnMisses()
    {
        static ResourceEvent Event(long number, string id, ResourceState state) => new(number, number, ResourceKind.Schedule, id, state);
        var missed = new List<ResourceEvent>();

        AttentionReading.NoteMissed(missed,
            [Event(1, "a", ResourceState.Missed), Event(2, "b", ResourceState.Missed), Event(3, "a", ResourceState.Changed)]);
        Assert.Equal([1L, 2], missed.Select(static one => one.Sequence));
        AttentionReading.NoteMissed(missed,
            [Event(4, "a", ResourceState.Deleted), Event(5, "a", ResourceState.Changed), Event(6, "a", ResourceState.Missed)]);

        Assert.Equal([2L, 6], missed.Select(static one => one.Sequence));
    }

    [Theory]
    [InlineData(299_999, null)]
    [InlineData(300_000, "submissions-waiting")]
    public void Judge_SubmissionThatWaits_IsToldAfterFiveMinutes(long waits, string? code) =>
        Assert.Equal(code, AttentionRules.Judge(new AttentionFacts(Now) { Submissions = new SubmissionStatus(0, null, Now - waits) })
            .SingleOrDefault()?.Code);

    [Fact]
    public void Note_Snoozed_IsHiddenUntilItsTimeOrUntilItWasFine()
    {
        var book = new AttentionBook();
        ImmutableArray<AttentionItem> found = [new("queue-paused", false, "q", "")];
        Assert.Equal(5, Assert.Single(book.Note(found, 5)).Since);
        book.Snooze("queue-paused", "q", 100, 10);
        Assert.Empty(book.Note(found, 99));
        Assert.Equal(5, Assert.Single(book.Note(found, 100)).Since);
        book.Snooze("queue-paused", "q", 300, 200);
        Assert.Empty(book.Note([], 210));
        Assert.Equal(220, Assert.Single(book.Note(found, 220)).Since);
    }

    [Fact]
    public void Of_Series_FindWhatIsUsualAndWhenItBegan()
    {
        var (book, start) = (new SeriesBook(), 1_900_000_200L);
        var failed = new SeriesId("tasks.failed", "queue", "q");
        // Two hours with one failure each five minutes; then one each second for seven minutes.
        for (var second = start; second < start + 7_200; second += 300)
            book.Note(second, failed, "tasks", SeriesKind.Count, 1);
        for (var second = start + 7_200; second < start + 7_620; second++)
        {
            book.Note(second, failed, "tasks", SeriesKind.Count, 1);
            book.Note(second, new SeriesId("tasks.succeeded", "queue", "q"), "tasks", SeriesKind.Count, 1);
        }

        book.Finish(start + 7_620);
        var figures = FailureFigures.Of(book, "q", start + 7_620);

        Assert.Equal((300, 600, 1d), (figures.Failed, figures.Ended, figures.Usual));
        Assert.Equal((start + 7_200) * 1_000, figures.Since);
        Assert.Null(FailureFigures.Of(book, "other", start + 7_620).Since);
    }

    private static ImmutableArray<AttentionItem> Judge(QueueFact queue, QueueFact? paused = null) =>
        AttentionRules.Judge(new AttentionFacts(Now) { Queues = paused is null ? [queue] : [queue, paused] });
}
