using System.Text;
using OrleansTasks.Events;
using OrleansTasks.Feed;
using OrleansTasks.Grains.Tests.Cluster;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Webhooks;

/// <summary>The core of the webhooks with a log of events in memory and a clock that a test sets.</summary>
internal sealed class WebhookRig
{
    private static readonly string Queue = QueueSettings.DefaultQueue;
    private readonly List<EventRecord> log = [];
    private readonly List<WebhookRow> stored = [];
    private readonly List<DeliveryRow> rows = [];
    private readonly WebhookReading reading;

    public WebhookRig()
    {
        var (tasks, gate) = StoreGate.Before<ITaskStore>(new MemoryTaskStore(TimeProvider.System));
        gate.Replace(nameof(ITaskStore.ReadEventLog), arguments => Task.FromResult(Log((long)arguments[0]!, (int)arguments[1]!)));
        reading = new WebhookReading(tasks, new MemoryNodeEventStore(), new MemoryResourceEventStore());
    }

    public WebhookCore Core { get; private set; } = new();

    public long Now { get; set; } = 1_000_000;

    public long Trimmed { get; set; }

    /// <summary>What is stored of deliveries, the newest row of each message.</summary>
    public IReadOnlyList<DeliveryRow> Rows => rows;

    public int Read { get; private set; }

    public LiveWebhook Add(string id, WebhookTypes types = WebhookTypes.Task, bool paused = false)
    {
        var row = new WebhookRow(id, "http://a", types, paused, 1, new byte[] { 1 }) { Seen = new WebhookCursor(log.Count, 0, 0) };
        stored.Add(row);
        return Core.Add(row, [], Now, Now);
    }

    /// <summary>Adds a commit with transitions of so many tasks.</summary>
    public void Happen(int count = 1, bool isJob = false)
    {
        var number = log.Count + 1;
        log.Add(new EventRecord(Queue, number, 50 + number,
            [.. Enumerable.Range(0, count).Select(i => new FeedEntry(new TaskId((ulong)number, (ulong)i), TaskState.Queued, isJob ? -1 : 1))], number));
        reading.Forget();
        Core.LookAgain();
    }

    /// <summary>Reads what the core wants, and starts what it starts.</summary>
    public List<PendingDelivery> Start()
    {
        var started = new List<PendingDelivery>();
        do
        {
            ReadAll();
        }
        while (TryStart());
        return started;

        bool TryStart()
        {
            if (!Core.TryTake(Now, out var taken))
                return false;
            started.Add(taken);
            return true;
        }
    }

    public WebhookDelivery? End(PendingDelivery delivery, int? status = 200) =>
        Answer(delivery, new WebhookAnswer(status, null));

    public WebhookDelivery? Answer(PendingDelivery delivery, WebhookAnswer answer) => Core.Record(delivery, answer, 1, Now, Now);

    /// <summary>Goes to the next time at which something is due; false when nothing ever is.</summary>
    public bool Advance()
    {
        if (Core.NextDue(Now) is not { } next)
            return false;
        Now = next;
        return true;
    }

    public void Store()
    {
        var (put, deliveries) = Core.TakeChanges();
        foreach (var row in put)
        {
            stored.RemoveAll(one => one.Id == row.Id);
            stored.Add(row);
        }

        foreach (var row in deliveries)
        {
            rows.RemoveAll(one => one.Webhook == row.Webhook && one.Delivery.Message == row.Delivery.Message);
            rows.Add(row);
        }
    }

    /// <summary>The owner dies; the next one has what was stored.</summary>
    /// <param name="setBack">By how much the wall clock was set back meanwhile.</param>
    public void Restart(long setBack = 0)
    {
        Core = new WebhookCore();
        foreach (var row in stored)
            Core.Add(row, rows.Where(one => one.Webhook == row.Id && one.Delivery.State == DeliveryState.Open), Now, Now - setBack);
    }

    /// <summary>The commits in the order in which the given deliveries are of them.</summary>
    public static string TaskOf(PendingDelivery delivery) =>
        System.Text.Json.JsonDocument.Parse(Encoding.UTF8.GetString(delivery.Body.Span)).RootElement.GetProperty("id").GetString()!;

    public IEnumerable<string> AllTasks() => log.SelectMany(static record => record.Entries).Select(static entry => entry.Task.ToString());

    private void ReadAll()
    {
        while (Core.NextReading() is var (target, source, after))
        {
            Read++;
            var (page, isLast, goneUntil) = reading.Read(source, after).GetAwaiter().GetResult();
            if (target.IsNewsThatGone(source, goneUntil))
                Core.Miss(target, source, goneUntil, isAllGone: page is null, Now);
            if (page is not null)
                Core.Add(target, page, isLast);
        }
    }

    private EventLogPage Log(long after, int limit) => new(
        Trimmed, log.Count, [.. log.Where(record => record.Number > Math.Max(after, Trimmed)).Take(limit)]);
}
