using System.Text.Json;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Lists tasks, and counts them by creation time.</summary>
/// <param name="grains">Reads tasks.</param>
/// <param name="reads">Limits concurrent long reads; short lists bypass it.</param>
/// <param name="time">The clock.</param>
public sealed class ListCalls(GatewayGrains grains, LongReads reads, TimeProvider time)
{
    private const int PageSize = 100;
    private const int RowPageSize = 1000;
    private const int MostBuckets = 200;
    private const int DefaultBuckets = 60;

    private static readonly JsonEncodedText From = JsonEncodedText.Encode("from");
    private static readonly JsonEncodedText To = JsonEncodedText.Encode("to");

    /// <summary>The query parameters of a list in addition to the filters.</summary>
    public static readonly QueryParameter[] ListParameters =
    [
        new("view", "row: tasks without spec and output.tail, but with command (200 characters), maxAttempts, batch and "
            + "maxRssBytes. task (the default): complete tasks.", "row"),
        new("sort", "-created (the default), -ended, -took or -memory, in descending order. Except for -created, at "
            + "most 100,000 tasks can be sorted.", "-ended"),
        new("limit", "Maximum tasks in the answer: 1 to 1000, by default 100.", "100"),
        new("cursor", "An earlier answer's nextCursor, to continue after it in the same order.", "AZ-Q2ZKCcACAAAAAAAAAAAAAAAAA"),
    ];

    /// <summary>The query parameters of a histogram in addition to the filters.</summary>
    public static readonly QueryParameter[] HistogramParameters =
        [new("buckets", "Number of spans that the time is divided into: 1 to 200, by default 60.", "60")];

    /// <summary>
    /// Lists tasks in the requested order. Reads and sends them page by page, so that memory use is limited however
    /// long their specs are.
    /// </summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var filter = FilterQuery.Read(query, now);
        var asRows = ViewOf(query.Text("view"));
        var sort = SortOf(query.Text("sort"));
        var left = query.Integer("limit", 1, 1000, defaultValue: 100);
        (now, var after) = Position(query.Text("cursor"), sort, now);
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteStartArray("items"u8);
        while (true)
        {
            var page = Math.Min(left, asRows ? RowPageSize : PageSize);
            var tasks = await Read(context, new TaskListQuery(filter, sort, now, after, page + 1, asRows));
            foreach (var task in tasks.AsSpan()[..Math.Min(page, tasks.Length)])
            {
                if (asRows)
                    TaskJson.WriteRow(json.Writer, task);
                else
                    TaskJson.Write(json.Writer, task);
            }

            left -= page;
            var more = tasks.Length > page;
            if (more)
                after = new TaskPosition(sort.ValueOf(tasks[page - 1], now), tasks[page - 1].Id);
            if (left == 0 || !more)
            {
                json.Writer.WriteEndArray();
                json.Writer.WriteString("nextCursor"u8, more ? CursorAfter(sort, now, after!.Value) : null);
                json.Writer.WriteEndObject();
                await json.SendLast(context.Response);
                return;
            }

            await json.SendPart(context.Response);
        }
    }

    /// <summary>Counts tasks by creation time.</summary>
    internal async Task Histogram(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var buckets = query.Integer("buckets", 1, MostBuckets, DefaultBuckets);
        var asked = new TaskHistogramQuery(FilterQuery.Read(query, now), buckets, now);
        var histogram = await reads.Run(context, cancellation => grains.Tasks.Histogram(asked, cancellation));
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteStartArray("buckets"u8);
        var states = TaskStates.All.Length;
        for (var i = 0; i < histogram.Counts.Length / states; i++)
        {
            json.Writer.WriteStartObject();
            TaskJson.WriteTime(json.Writer, From, histogram.From + (i * histogram.Width));
            json.Writer.WriteStartObject("byState"u8);
            foreach (var state in TaskStates.All)
            {
                if (histogram.Counts[(i * states) + (int)state] is > 0 and var count)
                    json.Writer.WriteNumber(state.Name(), count);
            }

            json.Writer.WriteEndObject();
            json.Writer.WriteEndObject();
        }

        json.Writer.WriteEndArray();
        TaskJson.WriteTime(json.Writer, To, histogram.Counts.IsEmpty ? null : asked.End);
        json.Writer.WriteEndObject();
        await json.Send(context.Response);
    }

    private Task<ImmutableArray<TaskRecord>> Read(HttpContext context, TaskListQuery query) =>
        query is { Sort: TaskSort.Created, Filter.IsOfTimeAlone: true }
            ? Read(query, context.RequestAborted)
            : reads.Run(context, cancellation => Read(query, cancellation));

    private async Task<ImmutableArray<TaskRecord>> Read(TaskListQuery query, CancellationToken cancellation) =>
        query is { Sort: TaskSort.Created, AsRows: false }
        ? await grains.Tasks.List(query.Filter, query.After?.Id, query.Limit, cancellation)
        : await grains.Tasks.ListBy(query, cancellation) ?? throw new ProblemException(Problems.TooManyToSort(TaskListQuery.MostSorted));

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
