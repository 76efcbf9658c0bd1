using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>What no message can hold fails its job, and neither the worker nor its connection.</summary>
public sealed class MessageSizeTests : DataFolders
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ResultsOrALineThatNoMessageHolds_FailTheirJobAndTheWorkerGoesOn()
    {
        var rows = new StringBuilder("user,price\n");
        for (var i = 0; rows.Length < 6 << 20; i++)
            rows.Append(CultureInfo.InvariantCulture, $"{i:d9}{new string('u', 90)},{i % 100}.95\n");
        await File.WriteAllTextAsync(In("rows.csv"), rows.ToString(), Cancellation);
        await using var service = await Service.Start(Data, "--slots", "0", "--file-root", Path.GetDirectoryName(In("rows.csv"))!);
        await using var worker = await WorkerProcess.Start(service, "w1", In("w1"), "--slots", "1");
        var groups = string.Join(',', Enumerable.Range(0, 4).Select(static n => $$"""{"as":"g{{n}}","op":"groupSum","by":"/user","value":"/price"}"""));

        var results = await Run(service, $$"""{"file":{"path":"{{In("rows.csv")}}","format":"csv"} }""", $$"""{"builtin":"identity"},"chunkSize":131072,"aggregate":[{{groups}}]""");

        Assert.Equal(("failed", "results-too-large"), ((string?)results["state"], (string?)results["reason"]));
        await AssertGoesOn(service);

        var line = await Run(service, """{"command":{"cmd":"printf %016777200d 1"}}""", """{"builtin":"length"}""");

        Assert.Equal(("failed", "source-failed"), ((string?)line["state"], (string?)line["reason"]));
        var failures = await service.Http.GetStringAsync($"/api/v1/jobs/{line["id"]}/failures", Cancellation);
        Assert.Contains("a line of more than", failures, StringComparison.Ordinal);
        await AssertGoesOn(service);
    }

    private static async Task AssertGoesOn(Service service) =>
        Assert.Equal("succeeded", (string?)(await service.Ended(await service.Submit("true")))["state"]);

    private static async Task<JsonNode> Run(Service service, string source, string process)
    {
        using var reply = await service.Post("/api/v1/jobs", JsonNode.Parse($"{{\"source\":{source},\"process\":{process}}}")!);
        var text = await reply.Content.ReadAsStringAsync(Cancellation);
        Assert.True(reply.IsSuccessStatusCode, text);
        return JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{JsonNode.Parse(text)!["id"]}?wait=60s", Cancellation))!;
    }
}
