using System.Text;
using OrleansTasks.Rollouts;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Grains.Tests.Rollouts;

/// <summary>The body of a rollout.</summary>
public sealed class RolloutSpecTests
{
    [Fact]
    public void Read_AllFields_AreKept()
    {
        var body = Encoding.UTF8.GetBytes("""
            {"name":"patch","task":{"cmd":"apt upgrade","queue":"ops","secretEnv":{"K":"v"}},"select":{"role":"web"},
             "waves":[1,"10%","100%"],"maxFailed":"2.5%","pause":"5m","catchUp":"30d"}
            """);
        var spec = RolloutSpecReader.Read(body, 0, new SpecErrors())!;
        Assert.Equal(("patch", "ops", "role"), (spec.Name, spec.Task.Queue, spec.Select.Single().Key));
        Assert.Equal("1 10% 100%", string.Join(' ', spec.Plan.Waves));
        Assert.Equal(
            ("2.5%", 300_000L, 2_592_000_000L), (spec.Plan.MaxFailed.ToString(), spec.Plan.Pause, spec.Plan.CatchUp));
        Assert.Equal("{\"K\":\"v\"}", Encoding.UTF8.GetString(spec.Extent.CopySecrets(body)));
        Assert.DoesNotContain("secretEnv", Encoding.UTF8.GetString(spec.CopyBody(body)));
        Assert.Equal(spec.Plan.Waves, RolloutSpecReader.ReadStored(spec.CopyBody(body)).Plan.Waves);
    }

    [Fact]
    public void Read_TaskAlone_HasTheDefaults()
    {
        var spec = RolloutSpecReader.Read("{\"task\":{\"cmd\":\"uptime\"}}"u8, 0, new SpecErrors())!;
        Assert.Equal("uptime", spec.Name);
        Assert.Equal(RolloutPlan.Default, spec.Plan);
        Assert.Empty(spec.Select);
    }

    [Theory]
    [InlineData("{}", "task", "is missing")]
    [InlineData("[]", "$", "must be an object")]
    [InlineData("""{"task":{"cmd":"a"},"wave":[1]}""", "wave", "did you mean 'waves'?")]
    [InlineData("""{"task":{"cmd":"a","runAt":"2030-01-01T00:00:00Z"}}""", "task.runAt", "is not allowed")]
    [InlineData("""{"task":{"cmd":"a","requires":{"zone":"a"}}}""", "task.requires", "select chooses the nodes")]
    [InlineData("""{"task":{"cmd":"a","labels":{"rollout":"a"}}}""", "task.labels.rollout", "is reserved")]
    [InlineData("""{"task":{"cmd":"a","retrys":1}}""", "task.retrys", "did you mean 'retry'?")]
    [InlineData("""{"task":{"cmd":"a"},"waves":[]}""", "waves", "is empty")]
    [InlineData("""{"task":{"cmd":"a"},"waves":"100%"}""", "waves", "must be an array")]
    [InlineData("""{"task":{"cmd":"a"},"waves":[0,"100%"]}""", "waves[0]", "must be a whole number from 1")]
    [InlineData("""{"task":{"cmd":"a"},"waves":["0%","100%"]}""", "waves[0]", "above 0% to 100%")]
    [InlineData("""{"task":{"cmd":"a"},"waves":["101%"]}""", "waves[0]", "'101%' is not a percentage")]
    [InlineData("""{"task":{"cmd":"a"},"waves":["-1%"]}""", "waves[0]", "'-1%' is not a percentage")]
    [InlineData("""{"task":{"cmd":"a"},"waves":["1e1%"]}""", "waves[0]", "'1e1%' is not a percentage")]
    [InlineData("""{"task":{"cmd":"a"},"waves":["all"]}""", "waves[0]", "'all' is not a percentage")]
    [InlineData("""{"task":{"cmd":"a"},"waves":[true]}""", "waves[0]", "must be a whole number of nodes or a percentage")]
    [InlineData("""{"task":{"cmd":"a"},"waves":[5,5,"100%"]}""", "waves[1]", "larger than the one before")]
    [InlineData("""{"task":{"cmd":"a"},"waves":["50%","10%"]}""", "waves[1]", "is 10%, after 50%")]
    [InlineData("""{"task":{"cmd":"a"},"maxFailed":-1}""", "maxFailed", "must be a whole number from 0")]
    [InlineData("""{"task":{"cmd":"a"},"maxFailed":"5"}""", "maxFailed", "from 0% to 100%")]
    [InlineData("""{"task":{"cmd":"a"},"pause":"8d"}""", "pause", "must be from")]
    [InlineData("""{"task":{"cmd":"a"},"catchUp":"31d"}""", "catchUp", "must be from")]
    public void Read_Fault_IsNamedByItsPath(string body, string path, string message)
    {
        var errors = new SpecErrors();
        Assert.Null(RolloutSpecReader.Read(Encoding.UTF8.GetBytes(body), 0, errors));
        Assert.Contains(
            errors.Items,
            error => error.Path == path && error.Message.Contains(message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void Read_MostWaves_AreAllowed(int waves, bool isAllowed)
    {
        var errors = new SpecErrors();
        var body = $$"""{"task":{"cmd":"a"},"waves":[{{string.Join(',', Enumerable.Range(1, waves))}}]}""";
        Assert.Equal(isAllowed, RolloutSpecReader.Read(Encoding.UTF8.GetBytes(body), 0, errors) is not null);
        Assert.Equal(isAllowed ? [] : ["waves"], errors.Items.Select(static error => error.Path));
    }

    [Theory]
    [InlineData("100%", 5, null)]
    [InlineData("2,5", 5, null)]
    [InlineData("9", 5, null)]
    [InlineData("1,50%", 5, "waves[1]")]
    [InlineData("4", 5, "waves[0]")]
    public void FaultOf_LastWave_MustReachAllNodes(string waves, int nodes, string? path) =>
        Assert.Equal(path, RolloutSpecReader.FaultOf(RolloutCoreTests.PlanOf(waves), nodes)?.Path);
}
