using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Jobs;

/// <summary>Shows a job's progress: what limits its speed, its chunks, its coverage and its history.</summary>
/// <param name="grains">The jobs.</param>
public sealed class JobInsightCalls(GatewayGrains grains)
{
    private const int PageSize = 100;
    private const int MostCells = 1_000;
    private const int UsualCells = 100;
    private static readonly string[] States = ["queued", "running", "folded", "failed"];
    private static readonly string[] Sorts = ["-took", "no"];

    /// <summary>The parameters of <see cref="Chunks"/>, apart from those for paging.</summary>
    internal static QueryParameter[] ChunkParameters { get; } =
    [
        new("state", "Only chunks in this state: queued, running, folded or failed.", "folded"),
        new("sort", "-took (the default): longest first; no: by number.", "-took"),
    ];

    /// <summary>The parameters of <see cref="Coverage"/>.</summary>
    internal static QueryParameter[] CoverageParameters { get; } =
        [new("cells", "Number of cells that the source is divided into: 1 to 1000, by default 100.", "100")];

    /// <summary>Returns the stages, what limits the job's speed, how long chunks take, and the stragglers.</summary>
    internal async Task Stats(HttpContext context) =>
        await ContractJson.Send(context, JobStatsAnswer.Of((await Look(context, JobParts.Figures)).Figures));

    /// <summary>Lists the open chunks, and of the ended ones the slowest, the latest and the failed.</summary>
    internal async Task Chunks(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: PageSize);
        var state = Choice(query, "state", States);
        var isByNo = Choice(query, "sort", Sorts) == "no";
        var after = Cursors.Read(query.Text("cursor"));
        var chunks = (await Look(context, JobParts.Chunks)).Chunks
            .Where(chunk => state is null || chunk.State == state)
            .Select(chunk => (Rank: RankOf(chunk, isByNo), Chunk: chunk))
            .Where(chunk => after is not { } last || chunk.Rank.CompareTo(last) > 0)
            .OrderBy(static chunk => chunk.Rank)
            .Take(limit + 1)
            .ToImmutableArray();
        await ListAnswer.SendPage(
            context, chunks, limit, static (json, chunk) => ContractJson.Write(json, JobChunkAnswer.Of(chunk.Chunk)),
            static chunk => Cursors.After(chunk.Rank));
    }

    /// <summary>Returns the states of the source's cells, in the source's order.</summary>
    internal async Task Coverage(HttpContext context, ApiCall call)
    {
        var cells = context.ReadQuery(call).Integer("cells", 1, MostCells, defaultValue: UsualCells);
        var runs = (await Look(context, JobParts.Coverage, cells)).Coverage;
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartArray();
        foreach (var run in runs)
        {
            json.Writer.WriteStartArray();
            json.Writer.WriteStringValue(run.State);
            json.Writer.WriteNumberValue(run.Cells);
            json.Writer.WriteEndArray();
        }

        json.Writer.WriteEndArray();
        await json.Send(context.Response);
    }

    /// <summary>Returns how items and aggregates grew over time.</summary>
    internal async Task History(HttpContext context) =>
        await ContractJson.Send(context, JobHistoryAnswer.Of((await Look(context, JobParts.History)).History));

    /// <summary>
    /// Returns a chunk's rank in the list. Ranks are unique, so a cursor stays valid while chunks come and go.
    /// </summary>
    private static TaskId RankOf(JobChunk chunk, bool isByNo) =>
        // By duration, longest first; chunks without a duration come last. Equal ones are ordered by number.
        new(isByNo ? 0 : ulong.MaxValue - (ulong)(chunk.Micros + 1 ?? 0), (ulong)chunk.No);

    private static string? Choice(in QueryValues query, string name, string[] choices) => query.Text(name) switch
    {
        null => null,
        { } text when choices.Contains(text) => text,
        _ => throw QueryValues.Refuse($"'{name}' must be one of {string.Join(", ", choices)}."),
    };

    private async Task<JobInsight> Look(HttpContext context, JobParts parts, int cells = 0) =>
        await grains.Jobs.Inspect(JobCalls.IdOf(context), new JobLook(parts, cells)) ?? throw JobCalls.NoJob();
}
