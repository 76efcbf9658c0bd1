using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Definitions;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Triggers;
using OrleansTasks.Triggers;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Definitions and triggers in the store with patterns that this version no longer accepts.</summary>
public sealed class StoredPatternTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Root = "/api/v1/definitions";
    private const string Costly = "((a|b){1,15}c?){1,15}";
    private const string Secret = "a secret of some length";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Definition_IsShown_RunsWhatNeedsNoPattern_AndIsReplaced()
    {
        await Put("old/list", """{"task":{"argv":["printf","a"]}}""");
        await Store("old/pattern");

        var listed = (await client.Get($"{Root}?prefix=old/")).Json.GetProperty("items").EnumerateArray();
        Assert.Contains(listed, static one => one.GetProperty("name").GetString() == "old/pattern");
        var shown = (await client.Get($"{Root}/old/pattern?choices=true")).Json;
        Assert.Equal(Costly, shown.GetProperty("parameters")[0].GetProperty("pattern").GetString());
        Assert.Equal("old/list", shown.GetProperty("choices")[0].GetProperty("definition").GetString());

        var refused = (await Run("""{"parameters":{"x":"ab"}}""")).Problem(422, "invalid-run");
        Assert.Contains("parameters.x: cannot be checked", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(202, (await Run("{}")).Status);

        Assert.Equal(200, await Put("old/pattern", """{"parameters":[{"name":"x","pattern":"[ab]+"}],"task":{"argv":["true"]}}"""));
        Assert.Equal(202, (await Run("""{"parameters":{"x":"ab"}}""")).Status);

        Task<Reply> Run(string body) => client.Post($"{Root}/old/pattern/runs", body);
    }

    [Fact]
    public async Task Definition_IsDeleted_AndKeepsOnlyItsSourceFromBeingDeleted()
    {
        await Put("old/list", """{"task":{"argv":["printf","a"]}}""");
        await Put("other", """{"task":{"argv":["true"]}}""");
        await Store("old/gone");

        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/other")).Status);
        var refused = (await client.Send(HttpMethod.Delete, $"{Root}/old/list")).Problem(409, "definition-in-use");
        Assert.Contains("old/gone", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/old/gone")).Status);
    }

    [Fact]
    public async Task Trigger_IsShown_RefusesWhatNeedsThePattern_AndIsReplacedOrDeleted()
    {
        await Put("old/started", """{"task":{"argv":["true"]}}""");
        var body = Bytes($$$"""
            {"definition":"old/started","signature":{"kind":"token"},
             "filter":[{"pointer":"/kind","equals":"push"},{"pointer":"/ref","matches":"{{{Costly}}}"}]}
            """);
        var stored = await service.Services.GetRequiredService<ITriggerStore>().Put(
            new TriggerView("old", "old/started", body, 1, 1, SignatureKind.Token, Secret), keepsSecret: false);
        Assert.Equal(TriggerOutcome.Created, stored.Outcome);

        var listed = (await client.Get("/api/v1/triggers")).Json.GetProperty("items").EnumerateArray();
        Assert.Contains(listed, static one => one.GetProperty("name").GetString() == "old");
        var shown = (await client.Get("/api/v1/triggers/old")).Json;
        Assert.Equal(Costly, shown.GetProperty("filter")[1].GetProperty("matches").GetString());

        var refused = (await Deliver("""{"kind":"push","ref":"ab"}""")).Problem(422, "invalid-trigger");
        Assert.Contains("filter[1].matches: cannot be checked", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("""{"ignored":"filter"}""", (await Deliver("""{"kind":"tag","ref":"ab"}""")).Text);
        var tested = (await client.Post("/api/v1/triggers/old/test", """{"kind":"push","ref":"ab"}""")).Json;
        Assert.Equal(JsonValueKind.False, tested.GetProperty("starts").ValueKind);
        Assert.Equal("filter[1].matches", tested.GetProperty("errors")[0].GetProperty("path").GetString());

        var replaced = Encoding.UTF8.GetString(body).Replace(Costly, "^a", StringComparison.Ordinal);
        Assert.Equal(200, (await client.Send(HttpMethod.Put, "/api/v1/triggers/old", replaced)).Status);
        Assert.Equal(202, (await Deliver("""{"kind":"push","ref":"ab"}""")).Status);
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, "/api/v1/triggers/old")).Status);

        Task<Reply> Deliver(string delivery) => client.Post("/triggers/old", delivery, ("X-Trigger-Token", Secret));
    }

    private async Task<int> Put(string name, string body) => (await client.Send(HttpMethod.Put, $"{Root}/{name}", body)).Status;

    private async Task Store(string name)
    {
        var body = Bytes($$$"""
            {"parameters":[{"name":"x","pattern":"{{{Costly}}}","default":"ab"},{"name":"y","type":"choice","choicesFrom":"old/list"}],
             "task":{"argv":["printf","%s","${param.x}"]}}
            """);
        var stored = await service.Services.GetRequiredService<IDefinitionStore>().Put(
            new DefinitionView(name, 0, DefinitionKind.Task, body, 1), expected: null);
        Assert.Equal(DefinitionOutcome.Created, stored.Outcome);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
