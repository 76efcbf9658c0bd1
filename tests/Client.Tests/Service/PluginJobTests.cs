using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Worker.Plugins;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Jobs whose items .NET processors from a plug-in folder process: the sample's.</summary>
public sealed class PluginJobTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Jobs = "/api/v1/jobs";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Plugin_OfIntegers_IsExactOverARange()
    {
        const int Count = 300_000;
        var (sum, most) = (0L, 0L);
        for (var i = 0; i < Count; i++)
        {
            var steps = Collatz(i);
            sum += steps;
            most = Math.Max(most, steps);
        }

        var job = await Run($$$"""{"source":{"range":{"from":0,"to":{{{Count}}}}},"process":{"plugin":{"name":"collatz"}},"aggregate":[{"op":"sum"},{"op":"max"},{"op":"min"},{"op":"count"}]}""");
        Assert.Equal(("succeeded", $$"""{"sum":{{sum}},"max":{{most}},"min":0,"count":{{Count}}}"""), Outcome(job));
        Assert.Equal("collatz", TaskLifeTests.Text(job, "name"));
        var grouped = await Run("""{"source":{"range":{"from":1,"to":5}},"process":{"plugin":{"name":"collatz"}},"aggregate":[{"as":"g","op":"groupCount"}]}""");
        Assert.Equal("""{"g":[{"key":0,"count":1},{"key":1,"count":1},{"key":2,"count":1},{"key":7,"count":1}]}""", grouped.GetProperty("aggregate").GetRawText());
    }

    [Fact]
    public async Task Plugin_OfItems_TellsItemErrors()
    {
        const string Items = """[{"email":"a@One.example"},"b@two.example","nobody",{"email":7},{"email":"c@one.example"}]""";
        var job = await Run($$$"""{"source":{"items":{{{Items}}}},"process":{"plugin":{"name":"email-domain"}},"aggregate":[{"as":"g","op":"groupCount"}],"onItemError":"skip"}""");
        Assert.Equal(("succeeded", """{"g":[{"key":"one.example","count":2},{"key":"two.example","count":1}]}"""), Outcome(job));
        Assert.Equal(2, job.GetProperty("itemsSkipped").GetInt64());
    }

    [Fact]
    public async Task Plugin_ThatIsNotThere_FailsTheJobAndNamesThoseThatAre()
    {
        var job = await Run("""{"source":{"items":[1]},"process":{"plugin":{"name":"nothing"}}}""");
        Assert.Equal(("failed", "plugin-missing"), (TaskLifeTests.Text(job, "state"), TaskLifeTests.Text(job, "reason")));
        var failure = (await client.Get($"{Jobs}/{TaskLifeTests.Text(job, "id")}/failures")).Json.GetProperty("items")[0];
        Assert.Equal("This worker has no plug-in processor 'nothing'; it has collatz, email-domain.", TaskLifeTests.Text(failure, "message"));
        var reply = await client.Post(Jobs, """{"source":{"items":[1]},"process":{"plugin":{"name":"../x"}}}""");
        Assert.Equal("process.plugin.name", Assert.Single(reply.Json.GetProperty("errors").EnumerateObject()).Name);
    }

    [Fact]
    public void Folder_WithTheSameProcessorTwice_IsRefusedWithBothNames()
    {
        var folder = Directory.CreateDirectory(Path.Combine(service.Folder, "twice")).FullName;
        var inner = Directory.CreateDirectory(Path.Combine(folder, "SamplePlugin")).FullName;
        var sample = Path.Combine(RunningService.SamplePlugins, "SamplePlugin.dll");
        File.Copy(sample, Path.Combine(folder, "Other.dll"));
        File.WriteAllText(Path.Combine(folder, "native.dll"), "not an assembly");
        Assert.Equal(["collatz", "email-domain"], PluginFolder.Load(folder).Names);
        File.Copy(sample, Path.Combine(inner, "SamplePlugin.dll"));
        var refused = Assert.Throws<PluginException>(() => PluginFolder.Load(folder));
        Assert.StartsWith("Two plug-ins provide a processor 'collatz'", refused.Message, StringComparison.Ordinal);
        Assert.Empty(PluginFolder.Load(Directory.CreateDirectory(Path.Combine(service.Folder, "none")).FullName).Names);
    }

    private static long Collatz(long number)
    {
        var steps = 0L;
        for (; number > 1; steps++)
            number = number % 2 == 0 ? number / 2 : (3 * number) + 1;
        return steps;
    }

    private static (string?, string) Outcome(JsonElement job) =>
        (TaskLifeTests.Text(job, "state"), job.GetProperty("aggregate").GetRawText());

    private async Task<JsonElement> Run(string spec)
    {
        var reply = await client.Post(Jobs, spec);
        Assert.True(reply.Status == 202, reply.Text);
        return (await client.Get($"{Jobs}/{TaskLifeTests.Text(reply.Json, "id")}?wait=60s")).Json;
    }
}
