using System.Globalization;
using System.Text.Json;
using OrleansTasks.Client.Attention;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Jobs;
using OrleansTasks.Client.Nodes;
using OrleansTasks.Client.Queues;
using OrleansTasks.Client.Schedules;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Jobs;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Live;

/// <summary>Reads the board: queues, nodes, jobs, schedules, task counts and attention items.</summary>
/// <param name="grains">The grains to read from.</param>
/// <param name="time">The clock.</param>
/// <param name="attention">Finds what needs attention; null to show no attention items.</param>
/// <param name="figures">Counts failed tasks; null if this gateway keeps no figures.</param>
internal sealed class BoardReading(
    GatewayGrains grains, TimeProvider time, AttentionWatch? attention = null, FigureCollector? figures = null)
{
    private const int MostJobs = 50;
    private const int MostSchedules = 500;

    // Schedules read at once: their specs may have a megabyte each.
    private const int SchedulePage = 16;

    /// <summary>Reads one topic.</summary>
    public Task<List<BoardItem>> Read(LiveTopics topic) => topic switch
    {
        LiveTopics.Queues => Queues(),
        LiveTopics.Nodes => Nodes(),
        LiveTopics.Jobs => Jobs(),
        LiveTopics.Schedules => Schedules(),
        LiveTopics.Attention => Attention(),
        LiveTopics.Progress => Progress(),
        _ => Counts(),
    };

    /// <summary>
    /// Returns the function that makes the JSON of a removed item; null for topics whose lists are partial.
    /// </summary>
    public static Func<string, byte[]>? GoneOf(LiveTopics topic) => topic switch
    {
        LiveTopics.Queues => static key => Gone("name", key),
        LiveTopics.Nodes or LiveTopics.Schedules => static key => Gone("id", key),
        LiveTopics.Attention => GoneAttention,
        _ => null,
    };

    private async Task<List<BoardItem>> Queues()
    {
        var queues = await QueueCalls.ReadAll(grains, figures);
        return
        [
            .. queues.Select(static queue => Item(
                LiveTopics.Queues, queue.Key, json => ContractJson.Write(json, QueueAnswer.Of(queue.Value)), MarkOf(queue.Value))),
        ];
    }

    // The shares of what holds tasks back differ in every reading, so only the largest one's code counts as a change.
    private static string? MarkOf(QueueCalls.Queue queue)
    {
        if (queue.HeldBy is not { IsEmpty: false } held)
            return null;
        var still = queue with { HeldBy = [held[0] with { Share = 0 }] };
        return System.Text.Encoding.UTF8.GetString(Bytes(json => ContractJson.Write(json, QueueAnswer.Of(still))));
    }

    // Load and memory differ in every report, so they do not count as a change. The next change shows them.
    private async Task<List<BoardItem>> Nodes() =>
    [
        .. (await grains.Fleet.List()).Select(static node => Item(
            LiveTopics.Nodes, node.Id, json => ContractJson.Write(json, NodeAnswer.Of(node)),
            $"{node.State} {node.Slots} {node.Running} {node.Version} {node.Address} {node.StartedAt} {node.Losses} {string.Join(',', node.Labels)}")),
    ];

    private async Task<List<BoardItem>> Jobs()
    {
        var newest = await grains.Jobs.List(JobFilter.All, null, MostJobs);
        var running = await grains.Jobs.List(JobFilter.All with { State = JobState.Running }, null, MostJobs);
        return
        [
            .. newest.Concat(running).DistinctBy(static job => job.Id).Select(static job => Item(
                LiveTopics.Jobs, job.Id.ToString(), json => ContractJson.Write(json, JobAnswer.Of(job)), string.Create(
                    CultureInfo.InvariantCulture,
                    $"{job.State} {job.ItemsRead} {job.ItemsDone} {job.ItemsFailed} {job.ChunksQueued} {job.ChunksRunning} {job.ChunksDone} {job.CancelRequestedAt}"))),
        ];
    }

    private async Task<List<BoardItem>> Schedules()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var items = new List<BoardItem>();
        var (left, page) = ((long)ServiceLimits.ListBytes, default(ImmutableArray<ScheduleView>));
        do
        {
            page = await grains.Schedules.List(null, null, page.IsDefault ? null : page[^1].Id, SchedulePage);
            var known = await grains.KnownCalendars.For(page);
            foreach (var schedule in page)
            {
                var item = Item(
                    LiveTopics.Schedules, schedule.Id, json => ContractJson.Write(json, StoredScheduleAnswer.Of(schedule, now, known)), string.Create(
                        CultureInfo.InvariantCulture, $"{schedule.Version} {schedule.Paused} {schedule.LastRun}"));
                items.Add(item);
                left -= item.Json.Length;
            }
        }
        while (page.Length == SchedulePage && items.Count < MostSchedules && left > 0);
        return items;
    }

    private async Task<List<BoardItem>> Progress() =>
    [
        .. (await grains.Tasks.Progress(ServiceLimits.ShownProgress)).Select(static task => Item(
            LiveTopics.Progress, task.Task.ToString(), json => ContractJson.Write(json, new BoardProgress(task)))),
    ];

    /// <summary>Counts tasks by state. The topic has this one item.</summary>
    private async Task<List<BoardItem>> Counts()
    {
        var summary = await grains.Tasks.Summarize(TaskFilter.All);
        return
        [
            Item(LiveTopics.Tasks, "byState", json =>
            {
                json.WriteStartObject();
                foreach (var (state, count) in summary.ByState)
                    json.WriteNumber(state.Name(), count);
                json.WriteEndObject();
            }),
        ];
    }

    // The count itself does not count as a change, only its number of digits. The next change shows it.
    private async Task<List<BoardItem>> Attention() => attention is null ? [] :
    [
        .. (await attention.Read(CancellationToken.None)).Select(static item => Item(
            LiveTopics.Attention, $"{item.Code}/{item.Target}", json => ContractJson.Write(json, AttentionAnswer.Of(item)),
            $"{item.Since} {item.IsSevere} {Digits(item.Count)}")),
    ];

    private static int Digits(long count) => count.ToString(CultureInfo.InvariantCulture).Length;

    private static byte[] GoneAttention(string key) => Bytes(json =>
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        json.WriteStartObject();
        json.WriteString("code"u8, key.AsSpan(0, slash));
        json.WriteString("target"u8, key.AsSpan(slash + 1));
        json.WriteBoolean("deleted"u8, true);
        json.WriteEndObject();
    });

    private static byte[] Gone(string field, string key) => Bytes(json =>
    {
        json.WriteStartObject();
        json.WriteString(field, key);
        json.WriteBoolean("deleted"u8, true);
        json.WriteEndObject();
    });

    private static BoardItem Item(LiveTopics topic, string key, Action<Utf8JsonWriter> write, string? mark = null)
    {
        var json = Bytes(write);
        return new BoardItem(topic, key, mark ?? System.Text.Encoding.UTF8.GetString(json), json);
    }

    private static byte[] Bytes(Action<Utf8JsonWriter> write)
    {
        var json = JsonAnswer.Rent();
        write(json.Writer);
        return json.ToArray();
    }
}
