using System.Text.RegularExpressions;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.OutputSearch;

/// <summary>
/// Finds lines in an attempt's output. A call reads at most <see cref="MostBytes"/> for about
/// <see cref="LongestTime"/>, and returns where to continue. Searches count towards the limit on concurrent long reads.
/// </summary>
/// <param name="grains">Reads output.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="time">The clock.</param>
public sealed class OutputSearchCalls(GatewayGrains grains, LongReads reads, TimeProvider time)
{
    /// <summary>Maximum number of bytes that a call reads.</summary>
    public const long MostBytes = ServiceLimits.SearchedBytes;

    private const int PageSize = 1024 * 1024;

    /// <summary>How long a call searches.</summary>
    public static readonly TimeSpan LongestTime = ServiceLimits.SearchTime;

    /// <summary>Searches one or both streams of the latest attempt or of the one in the route.</summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var id = ReadCalls.IdOf(context);
        var matcher = MatcherOf(query);
        var limit = query.Integer("limit", 1, 1000, defaultValue: 100);
        OutputStream[] streams = query.Text("stream") switch
        {
            null => [OutputStream.Stdout, OutputStream.Stderr],
            "stdout" => [OutputStream.Stdout],
            "stderr" => [OutputStream.Stderr],
            _ => throw QueryValues.Refuse("'stream' must be stdout or stderr."),
        };
        var attempt = OutputCalls.AttemptOf(context);
        var from = query.Text("from") is { } text ? SearchPlace.Parse(text) : (SearchPlace?)null;
        if (from is { } place && (!streams.Contains(place.Stream) || (attempt != 0 && attempt != place.Attempt)))
            throw new ProblemException(Problems.BadCursor("from"));
        try
        {
            var run = new Run(grains.Tasks, id, matcher, limit, time);
            var next = await reads.Run(context, cancellation => run.Search(streams, from, attempt, cancellation));
            await Send(context, run, next);
        }
        catch (RegexMatchTimeoutException)
        {
            throw TooSlow();
        }
    }

    /// <summary>Returns the exception for 400: the pattern takes too long.</summary>
    internal static ProblemException TooSlow() => QueryValues.Refuse("'q' takes too long to match; use a simpler pattern.");

    /// <summary>Reads what to find. Throws 400 <c>bad-parameter</c>.</summary>
    internal static LineMatcher MatcherOf(in QueryValues query)
    {
        var text = FilterQuery.TextOf("q", query.Text("q")) ?? throw QueryValues.Refuse("'q' must contain the text to find.");
        var ignoreCase = query.Flag("ignoreCase");
        if (!query.Flag("regex"))
            return LineMatcher.OfText(text, ignoreCase);
        try
        {
            return LineMatcher.OfPattern(text, ignoreCase);
        }
        catch (ArgumentException)
        {
            throw QueryValues.Refuse(
                "'q' is not a valid regular expression; omit regex=true to search for the literal text.");
        }
        catch (NotSupportedException)
        {
            throw QueryValues.Refuse(
                "'q' is a pattern that cannot be matched in linear time: use no back-references, look-arounds, atomic "
                + $"groups, classes within classes or option x, and no nested counts whose product exceeds {PatternCost.Most}.");
        }
    }

    /// <summary>
    /// Runs a part of a search on its own thread instead of one of the thread pool's, because it keeps a processor busy.
    /// </summary>
    internal static Task<bool> OnOwnThread(Func<bool> search) =>
        Task.Factory.StartNew(search, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static Task Send(HttpContext context, Run run, SearchPlace? next)
    {
        context.Response.Headers.CacheControl = "no-store";
        return ContractJson.Send(context, new OutputMatchesAnswer(
            run.Attempt, run.Found.Select(static one => new OutputMatchAnswer(one.Stream, one.Match.Offset, one.Match.Line, one.Match.Text)),
            next is null, next?.ToString()));
    }

    /// <summary>The search of one call.</summary>
    private sealed class Run(ITaskReaderGrain reader, TaskId id, LineMatcher matcher, int limit, TimeProvider time)
    {
        private readonly long began = time.GetTimestamp();
        private readonly List<LineMatch> matches = [];
        private readonly List<(OutputStream Stream, LineMatch Match)> found = [];
        private long read;

        public int Attempt { get; private set; }

        public IReadOnlyList<(OutputStream Stream, LineMatch Match)> Found => found;

        /// <summary>
        /// Searches the streams. Returns where to continue, or null if all output so far has been searched.
        /// </summary>
        public async Task<SearchPlace?> Search(
            OutputStream[] streams, SearchPlace? from, int attempt, CancellationToken cancellation)
        {
            Attempt = from?.Attempt ?? attempt;
            foreach (var stream in streams)
            {
                if (from is { } place && stream < place.Stream)
                    continue;
                var start = from is { } there && there.Stream == stream
                    ? there
                    : new SearchPlace(Attempt, stream, 0, 1, false);
                var search = new LineSearch(matcher, start.Offset, start.Line, start.IsFound);
                var isDone = await Search(stream, search, cancellation);
                found.AddRange(matches.Select(match => (stream, match)));
                limit -= matches.Count;
                matches.Clear();
                if (!isDone)
                    return new SearchPlace(Attempt, stream, search.Offset, search.Line, search.IsFound);
            }

            return null;
        }

        private async Task<bool> Search(OutputStream stream, LineSearch search, CancellationToken cancellation)
        {
            long? end = null;
            do
            {
                cancellation.ThrowIfCancellationRequested();
                // Read at least one page, however little time is left, so that every call makes progress.
                if (read > 0 && (read >= MostBytes || IsOver()))
                    return false;
                var page = await reader.ReadOutput(id, Attempt, stream, search.Next, PageSize)
                    ?? throw OutputCalls.NoAttempt();
                // The first page determines the attempt and the end, because a task may write faster than it is
                // searched.
                Attempt = page.Attempt;
                end ??= page.Length;
                var bytes = page.Bytes;
                if (bytes.Length > end - search.Next)
                    bytes = bytes[..(int)Math.Max(0, end.Value - search.Next)];
                read += bytes.Length;
                var isLast = bytes.IsEmpty || search.Next + bytes.Length >= end;
                var isRoom = await OnOwnThread(() => search.Add(bytes.Span, isLast, limit, matches, IsOver));
                if (!isRoom)
                    return false;
                if (bytes.IsEmpty)
                    return true;
            }
            while (search.Next < end);
            return true;

            bool IsOver() => cancellation.IsCancellationRequested || time.GetElapsedTime(began) >= LongestTime;
        }
    }
}
