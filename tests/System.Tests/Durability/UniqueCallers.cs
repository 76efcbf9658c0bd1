using System.Net;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>What must hold if fifty callers submit a task with one unique key at once, in any store.</summary>
/// <param name="gateways">The gateways, which the callers use in turn. No worker may be there.</param>
internal sealed class UniqueCallers(params Service[] gateways)
{
    private const int Callers = 50;

    /// <summary>Refuse: one is accepted, and the others learn its id.</summary>
    public async Task Refuse()
    {
        var (id, answers) = await SubmitAll("refuse", HttpStatusCode.Conflict);
        Assert.All(answers, answer => Assert.Equal(("not-unique", id), ((string)answer["code"]!, (string)answer["task"]!)));
        Assert.Equal([id], await Listed("refuse", "queued"));
        Assert.Empty(await Listed("refuse", "cancelled"));
    }

    /// <summary>Join: one is accepted, and the others get it.</summary>
    public async Task Join()
    {
        var (id, answers) = await SubmitAll("join", HttpStatusCode.OK);
        Assert.All(answers, answer => Assert.Equal((id, "queued"), ((string)answer["id"]!, (string)answer["state"]!)));
        Assert.Equal([id], await Listed("join", "queued"));
        Assert.Empty(await Listed("join", "cancelled"));
    }

    /// <summary>Replace: all are accepted, and one remains.</summary>
    public async Task Replace()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Submit(caller, "replace")));

        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.Accepted, answer.Status));
        var ids = answers.Select(static answer => (string)answer.Body["id"]!).ToHashSet();
        var open = Assert.Single(await Listed("replace", "queued"));
        var replaced = await Listed("replace", "cancelled&reason=replaced");
        Assert.Equal(Callers, ids.Count);
        Assert.Equal(ids.Order(), replaced.Append(open).Order());
    }

    private async Task<(string Id, JsonNode[] Others)> SubmitAll(string then, HttpStatusCode others)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Submit(caller, then)));

        var first = Assert.Single(answers, static answer => answer.Status == HttpStatusCode.Accepted);
        JsonNode[] rest = [.. answers.Where(answer => answer.Status == others).Select(static answer => answer.Body)];
        Assert.Equal(Callers - 1, rest.Length);
        return ((string)first.Body["id"]!, rest);
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> Submit(int caller, string then)
    {
        using var answer = await gateways[caller % gateways.Length].Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = "true",
            ["labels"] = new JsonObject { ["then"] = then },
            ["unique"] = new JsonObject { ["key"] = then, ["then"] = then },
        });
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }

    private async Task<string[]> Listed(string then, string state)
    {
        var page = JsonNode.Parse(await gateways[0].Http.GetStringAsync($"/api/v1/tasks?label=then={then}&limit=100&state={state}"))!;
        return [.. page["items"]!.AsArray().Select(static task => (string)task!["id"]!)];
    }
}
