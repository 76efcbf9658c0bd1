using System.Text.Json;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Lists tasks, and counts them by creation time.</summary>
/// <param name="grains">Reads tasks.</param>
/// <param name="reads">Limits concurrent long reads; short lists bypass it.</param>
/// <param name="answers">Limits the bytes of large answers.</param>
/// <param name="time">The clock.</param>
public sealed class ListCalls(GatewayGrains grains, LongReads reads, AnswerBudget answers, TimeProvider time)
{
    private const int PageSize = 100;
    private const int RowPageSize = 1000;

    // Bytes of tasks read at once.
    private const long PageBytes = 1 << 20;
    private const int MostBuckets = 200;
    private const int DefaultBuckets = 60;

    /// <summary>The query parameters of a list in addition to the filters.</summary>
    public static readonly QueryParameter[] ListParameters =
    [
        new("view", "row: tasks without spec and output.tail, but with command (200 characters), maxAttempts, batch and "
            + "maxRssBytes. task (the default): complete tasks.", "row"),
        new("sort", "-created (the default), -ended, -took or -memory, in descending order. Except for -created, at "
            + "most 100,000 tasks can be sorted.", "-ended"),
        new("limit", "Maximum tasks in the answer: 1 to 1000, by default 100. The answer ends earlier after 4 MiB of tasks.", "100"),
        new("cursor", "An earlier answer's nextCursor, to continue after it in the same order.", "AZ-Q2ZKCcACAAAAAAAAAAAAAAAAA"),
    ];

    /// <summary>The query parameters of a histogram in addition to the filters.</summary>
    public static readonly QueryParameter[] HistogramParameters =
        [new("buckets", "Number of spans that the time is divided into: 1 to 200, by default 60.", "60")];

    /// <summary>
    /// Lists tasks in the requested order: as many as fit into one answer. Reads and sends them page by page, so that
    /// memory use is limited however long their specs are.
    /// </summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var parameters = context.ReadQuery(call);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var filter = FilterQuery.Read(parameters, now);
        var asRows = ViewOf(parameters.Text("view"));
        var sort = SortOf(parameters.Text("sort"));
        var left = parameters.Integer("limit", 1, 1000, defaultValue: 100);
        (now, var after) = Position(parameters.Text("cursor"), sort, now);
        using var list = await LongList.Begin(context, answers);
        Action<Utf8JsonWriter, TaskRecord> write = asRows
            ? static (json, task) => HotJson<TaskRowAnswer>.Write(json, TaskRowAnswer.Of(task))
            : static (json, task) => HotJson<TaskAnswer>.Write(json, TaskAnswer.Of(task));
        var (most, hasMore) = (asRows ? RowPageSize : PageSize, true);
        while (left > 0 && hasMore && !list.IsFull)
        {
            var page = Math.Min(left, most);
            var query = new TaskListQuery(filter, sort, now, after, page + 1, asRows) { MostBytes = PageBytes };
            var tasks = await Read(context, query);
            var sent = 0;
            for (; sent < Math.Min(page, tasks.Length) && !list.IsFull; sent++)
                await list.Add(tasks[sent], write);
            if (sent > 0)
                after = new TaskPosition(sort.ValueOf(tasks[sent - 1], now), tasks[sent - 1].Id);
            left -= sent;
            var isCut = query.IsFull(tasks.Sum(static task => task.Bytes));
            hasMore = tasks.Length > sent || isCut;
            // Tasks as long as these: ask for no more than are likely to come.
            if (isCut)
                most = 2 * tasks.Length;
        }

        // A page that was cut does not show whether its last task was the last of all.
        if (hasMore && list.IsFull)
            hasMore = !(await Read(context, new TaskListQuery(filter, sort, now, after, 1, AsRows: true))).IsEmpty;
        await list.End(hasMore ? CursorAfter(sort, now, after!.Value) : null);
    }

    /// <summary>Counts tasks by creation time.</summary>
    internal async Task Histogram(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var buckets = query.Integer("buckets", 1, MostBuckets, DefaultBuckets);
        var asked = new TaskHistogramQuery(FilterQuery.Read(query, now), buckets, now);
        var histogram = await reads.Run(context, cancellation => grains.Tasks.Histogram(asked, cancellation));
        await ContractJson.Send(context, HistogramAnswer.Of(histogram, asked.End));
    }

    private Task<ImmutableArray<TaskRecord>> Read(HttpContext context, TaskListQuery query) =>
        query is { Sort: TaskSort.Created, Filter.IsOfTimeAlone: true }
            ? Read(query, context.RequestAborted)
            : reads.Run(context, cancellation => Read(query, cancellation));

    private async Task<ImmutableArray<TaskRecord>> Read(TaskListQuery query, CancellationToken cancellation) =>
        await grains.Tasks.ListBy(query, cancellation)
            ?? throw new ProblemException(Problems.TooManyToSort(TaskListQuery.MostSorted));

    private static (long Now, TaskPosition? After) Position(string? cursor, TaskSort sort, long now)
    {
        if (cursor is null)
            return (now, null);
        if (sort != TaskSort.Created)
            return SortCursors.Read(cursor, sort);
        var last = Cursors.Read(cursor)!.Value;
        return (now, new TaskPosition(last.CreatedAt, last));
    }

    private static string CursorAfter(TaskSort sort, long now, TaskPosition last) =>
        sort == TaskSort.Created ? Cursors.After(last.Id) : SortCursors.After(sort, now, last);

    private static bool ViewOf(string? text) => text switch
    {
        null or "task" => false,
        "row" => true,
        _ => throw QueryValues.Refuse("'view' must be row or task."),
    };

    private static TaskSort SortOf(string? text)
    {
        if (text is null)
            return TaskSort.Created;
        return TaskSorts.TryParse(text, out var sort) ? sort : throw QueryValues.Refuse($"'sort' must be one of {TaskSorts.AllNames}.");
    }
}
