using System.Text.Json.Nodes;
using OrleansTasks.Client.Jobs;
using OrleansTasks.Client.Tests.Contract;
using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Jobs;

/// <summary>Members of jobs that are not just what the message has.</summary>
public sealed class JobAnswerTests
{
    private static readonly TaskId Id = new(0x019f5a2c7d107c3a, 0x8b000342ab12cd34);

    private static readonly JobView View = new()
    {
        Id = Id, Name = "square", Queue = "default", State = JobState.Running, Aggregate = "{}"u8.ToArray(),
    };

    [Theory]
    [InlineData(null, null)]
    [InlineData(double.NaN, null)]
    [InlineData(double.PositiveInfinity, null)]
    [InlineData(33.33333, 33.33)]
    public void Percent_IsRounded_AndNullWithoutANumber(double? percent, double? shown) =>
        Assert.Equal(shown, (double?)Json(View with { Percent = percent })["percent"]);

    [Fact]
    public void Workflow_IsOnlyInAJobOfAWorkflow()
    {
        Assert.False(Json(View).ContainsKey("workflow"));
        var place = Json(View with { Workflow = new JobPlace(Id, "load") })["workflow"]!;
        Assert.Equal($$"""{"id":"{{Id}}","node":"load"}""", place.ToJsonString());
    }

    [Fact]
    public void Labels_LackThoseOfTheService()
    {
        var job = View with { Labels = [new Label("otask/definition", "etl"), new Label("team", "blue")] };
        Assert.Equal("""{"team":"blue"}""", Json(job)["labels"]!.ToJsonString());
    }

    [Fact]
    public void Aggregate_IsCopied()
    {
        var json = AnswerText.Of(JobAnswer.Of(View with { Aggregate = """{ "total" : 1.50 }"""u8.ToArray() }));
        Assert.Contains("\"aggregate\":{ \"total\" : 1.50 },", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Statistics_OfAJobThatCannotBeRead_HaveNoStages()
    {
        var stats = JsonNode.Parse(AnswerText.Of(JobStatsAnswer.Of(null)))!;
        Assert.Equal("[]", stats["stages"]!.ToJsonString());
        Assert.Equal(("nothing", 0), ((string?)stats["heldBackBy"], (int)stats["chunkTook"]!["count"]!));
    }

    [Fact]
    public void Took_OfALyingWorker_IsAtMostACentury()
    {
        var took = JobChunkAnswer.Of(new JobChunk(1, "folded", 0, 1, 1, 1, "w1", long.MaxValue, null, null)).Took;
        Assert.Equal("34722d5h20m", took);
    }

    [Fact]
    public void History_HasNullForAnAggregateThatIsTooLong()
    {
        var answer = JobHistoryAnswer.Of([new JobPoint(1, 2, default), new JobPoint(3, 4, "{}"u8.ToArray())]);
        var points = JsonNode.Parse(AnswerText.Of(answer))!["points"]!.AsArray();
        Assert.Equal([null, "{}"], points.Select(static point => point!["aggregate"]?.ToJsonString()));
    }

    private static JsonObject Json(JobView job) => JsonNode.Parse(AnswerText.Of(JobAnswer.Of(job)))!.AsObject();
}
