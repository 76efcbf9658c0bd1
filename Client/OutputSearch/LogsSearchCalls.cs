using System.Text.RegularExpressions;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.OutputSearch;

/// <summary>
/// Finds lines in the output of many tasks, newest first: in the latest attempt of each task that the filters match. A
/// call reads at most <see cref="OutputSearchCalls.MostBytes"/> for about <see cref="OutputSearchCalls.LongestTime"/>.
/// </summary>
/// <param name="grains">Reads tasks and their output.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="time">The clock.</param>
public sealed class LogsSearchCalls(GatewayGrains grains, LongReads reads, TimeProvider time)
{
    /// <summary>Maximum number of tasks that a call searches.</summary>
    public const int MostTasks = ServiceLimits.SearchedTasks;

    /// <summary>How much of a stream a call searches, so that one task cannot use up the whole search.</summary>
    public const long MostOfStream = ServiceLimits.SearchedStreamBytes;

    private const int TaskPage = 200;
    private const int BytePage = 1024 * 1024;

    private static readonly OutputStream[] Streams = [OutputStream.Stdout, OutputStream.Stderr];

    /// <summary>The filters: those of lists, except the search for a name, whose parameter is the text to find.</summary>
    public static readonly QueryParameter[] Filters = [.. FilterQuery.Parameters.Where(static one => one.Name != FilterQuery.Text)];

    /// <summary>Searches the tasks that the filters match.</summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var matcher = OutputSearchCalls.MatcherOf(query);
        var filter = FilterQuery.Read(query, now) with { Text = null };
        var run = new Run(grains.Tasks, matcher, query.Integer("limit", 1, 1000, defaultValue: 100), time);
        try
        {
            var isComplete = await reads.Run(context, cancellation => run.Search(filter, now, cancellation));
            await Send(context, run.Found, isComplete);
        }
        catch (RegexMatchTimeoutException)
        {
            throw OutputSearchCalls.TooSlow();
        }
    }

    private static Task Send(HttpContext context, IReadOnlyList<(TaskId Task, OutputStream Stream, LineMatch Match)> found, bool isComplete)
    {
        context.Response.Headers.CacheControl = "no-store";
        return ContractJson.Send(context, new LogMatchesAnswer(
            found.Select(static one => new LogMatchAnswer(one.Task.ToString(), one.Stream, one.Match.Line, one.Match.Text)), isComplete));
    }

    /// <summary>The search of one call.</summary>
    private sealed class Run(ITaskReaderGrain reader, LineMatcher matcher, int limit, TimeProvider time)
    {
        private readonly long began = time.GetTimestamp();
        private readonly List<LineMatch> matches = [];
        private readonly List<(TaskId Task, OutputStream Stream, LineMatch Match)> found = [];
        private long read;

        public IReadOnlyList<(TaskId Task, OutputStream Stream, LineMatch Match)> Found => found;

        private bool IsOver => time.GetElapsedTime(began) >= OutputSearchCalls.LongestTime;

        /// <summary>Returns whether all output so far of all tasks was searched.</summary>
        public async Task<bool> Search(TaskFilter filter, long now, CancellationToken cancellation)
        {
            var isComplete = true;
            TaskPosition? after = null;
            for (var left = MostTasks; left > 0;)
            {
                var query = new TaskListQuery(filter, TaskSort.Created, now, after, Math.Min(TaskPage, left), AsRows: true);
                if (await reader.ListBy(query, cancellation) is not { IsEmpty: false } page)
                    return isComplete;
                foreach (var task in page.Where(static task => task.Attempt > 0))
                {
                    foreach (var stream in Streams)
                    {
                        // The sizes of an attempt that has not ended are not stored yet.
                        if (task.State.IsFinal() && (stream == OutputStream.Stdout ? task.StdoutBytes : task.StderrBytes) == 0)
                            continue;
                        if (read >= OutputSearchCalls.MostBytes || IsOver)
                            return false;
                        var isWhole = await Search(task.Id, stream, cancellation);
                        found.AddRange(matches.Select(match => (task.Id, stream, match)));
                        limit -= matches.Count;
                        matches.Clear();
                        if (isWhole is not { } whole)
                            return false;
                        isComplete &= whole;
                    }
                }

                left -= page.Length;
                after = new TaskPosition(page[^1].Id.CreatedAt, page[^1].Id);
            }

            var last = new TaskListQuery(filter, TaskSort.Created, now, after, 1, AsRows: true);
            return isComplete && await reader.ListBy(last, cancellation) is not { IsEmpty: false };
        }

        // Returns whether the stream was searched as far as it is known; null if the whole search must stop.
        private async Task<bool?> Search(TaskId id, OutputStream stream, CancellationToken cancellation)
        {
            var search = new LineSearch(matcher, 0, 1, false);
            var (attempt, end) = (0, long.MaxValue);
            while (search.Next < end)
            {
                cancellation.ThrowIfCancellationRequested();
                if (search.Next >= MostOfStream)
                    return false;
                // A task that is gone by now has no output.
                if (await reader.ReadOutput(id, attempt, stream, search.Next, BytePage) is not { } page)
                    return true;
                (attempt, end) = (page.Attempt, Math.Min(end, page.Length));
                var bytes = page.Bytes[..(int)Math.Clamp(end - search.Next, 0, page.Bytes.Length)];
                read += bytes.Length;
                var isLast = bytes.IsEmpty || search.Next + bytes.Length >= end;
                // A small page takes less time than a thread takes to start.
                var isRoom = bytes.Length <= LineSearch.Part
                    ? search.Add(bytes.Span, isLast, limit, matches)
                    : await OutputSearchCalls.OnOwnThread(() => search.Add(
                        bytes.Span, isLast, limit, matches, () => cancellation.IsCancellationRequested || IsOver));
                if (!isRoom)
                    return null;
                if (bytes.IsEmpty)
                    return true;
            }

            return true;
        }
    }
}
