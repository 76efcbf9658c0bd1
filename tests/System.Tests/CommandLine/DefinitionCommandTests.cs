using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Apply;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Definitions with <c>otask</c>, at a real service.</summary>
public sealed class DefinitionCommandTests(SharedServices shared) : DataFolders
{
    private const string Report = """
        # comments are for people
        name: cli/report
        description: "Prints: a day"
        parameters:
          - {name: day, type: date, required: true}
          - name: note
            default: none
        task:
          argv: [sh, -c, 'printf "%s|%s" "$1" "$PARAM_NOTE"; exit 3', sh, "${param.day}"]
        """;

    [Fact]
    public async Task Run_ADefinitionByItsName_IsLikeItsTask()
    {
        var service = await shared.Running;
        var folder = Folder("run");
        File.WriteAllText(Path.Combine(folder, "report.yaml"), Report);
        Assert.Equal(["create definition"], await Actions(service, folder));
        Assert.Equal(["keep definition"], await Actions(service, folder));

        var run = await Otask.Run(service, "run", "cli/report", "--param", "day=2026-11-26", "--param", "note=$(id) 'x'", "--label", "a=b");
        var named = await Otask.Run(service, "run", "def:cli/report", "--param", "day=2026-11-26", "-q");
        var wrong = await Otask.Run(service, "run", "cli/report", "--param", "day=yesterday");
        var unfit = await Otask.Run(service, "run", "cli/report", "--param", "day=2026-11-26", "--queue", "other");
        var command = await Otask.Run(service, "run", "echo a/b", "--param", "day=2026-11-26");

        Assert.Equal((3, "2026-11-26|$(id) 'x'"), (run.ExitCode, run.Output));
        Assert.Equal((3, "2026-11-26|none"), (named.ExitCode, named.Output));
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("parameters.day: must be a day such as 2026-11-26", wrong.Errors, StringComparison.Ordinal);
        Assert.Equal((2, 2), (unfit.ExitCode, command.ExitCode));
        Assert.Contains("'queue'", unfit.Errors, StringComparison.Ordinal);
        var runs = JsonNode.Parse((await Otask.Run(service, "definition", "runs", "cli/report", "-o", "json")).Output)!.AsArray();
        Assert.Equal(["failed", "failed"], runs.Select(static one => (string?)one!["state"]));
        var listed = await Otask.Run(service, "list", "--definition", "cli/report", "--label", "a=b", "-o", "json");
        Assert.Single(JsonNode.Parse(listed.Output)!.AsArray());
    }

    [Fact]
    public async Task Run_WithAChoiceThatATaskPrints_TakesWhatItPrintedLast()
    {
        var service = await shared.Running;
        var (folder, names) = (Folder("choices"), In("names"));
        // The file names the definition that prints the choices last, and both are new.
        File.WriteAllText(Path.Combine(folder, "names.yaml"), $$$"""
            definitions:
              - name: names/greet
                parameters: [{name: who, type: choice, choicesFrom: names/list, required: true}]
                task: {argv: [printf, "%s", "${param.who}"]}
              - name: names/list
                task: {argv: [cat, "{{{names}}}"]}
            """);
        File.WriteAllText(names, "ann\n'bob' $(id)\ncy\n");
        Assert.Equal(["create definition", "create definition"], await Actions(service, folder));
        Assert.Equal(["keep definition", "keep definition"], await Actions(service, folder));

        var early = await Otask.Run(service, "run", "names/greet", "--param", "who=ann");
        var listed = await Otask.Run(service, "run", "names/list");
        var bob = await Otask.Run(service, "run", "names/greet", "--param", "who='bob' $(id)");
        var dan = await Otask.Run(service, "run", "names/greet", "--param", "who=dan");
        File.WriteAllText(names, "dan\n");
        await Otask.Run(service, "run", "names/list");
        var gone = await Otask.Run(service, "run", "names/greet", "--param", "who=ann");
        var now = await Otask.Run(service, "run", "names/greet", "--param", "who=dan");
        var shown = JsonNode.Parse((await Otask.Run(service, "definition", "show", "names/greet", "--choices", "-o", "json")).Output)!;
        var deleted = await Otask.Run(service, "definition", "delete", "names/list");

        Assert.Contains("parameters.who: has no choices yet: run the definition 'names/list' first", early.Errors, StringComparison.Ordinal);
        Assert.Equal((0, "'bob' $(id)"), (bob.ExitCode, bob.Output));
        Assert.Contains(
            "parameters.who: must be one of ann, 'bob' $(id), cy, which the definition 'names/list' printed last", dan.Errors, StringComparison.Ordinal);
        Assert.Contains("parameters.who: must be one of dan, which", gone.Errors, StringComparison.Ordinal);
        Assert.Equal((1, 0, 1, 1), (early.ExitCode, listed.ExitCode, dan.ExitCode, gone.ExitCode));
        Assert.Equal((0, "dan"), (now.ExitCode, now.Output));
        Assert.Equal(["dan"], shown["choices"]![0]!["values"]!.AsArray().Select(static one => (string?)one));
        Assert.Equal(1, deleted.ExitCode);
        Assert.Contains("names/greet", deleted.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workflow_WithNodesThatNameDefinitions_RunsThem_AndTheirTasksNameTheVersion()
    {
        var service = await shared.Running;
        var definition = In("node.yaml");
        const string First = """
            name: nodes/say
            parameters: [{name: word, required: true}]
            task: {argv: [printf, '%s', "${param.word}"], labels: {a: b}}
            """;
        await File.WriteAllTextAsync(definition, First, TestContext.Current.CancellationToken);
        Assert.Equal(["create definition"], await Actions(service, definition));
        var second = First.Replace("'%s'", "'second %s'", StringComparison.Ordinal);
        await File.WriteAllTextAsync(definition, second, TestContext.Current.CancellationToken);
        Assert.Equal(["change definition"], await Actions(service, definition));

        var submitted = await Submit("""
            {"nodes": [
              {"name": "old", "definition": {"name": "nodes/say", "version": 1, "parameters": {"word": "$(id) 'x'"}}},
              {"name": "new", "definition": {"name": "nodes/say", "parameters": {"word": "y"}}, "after": ["old"]},
              {"name": "own", "task": {"cmd": "echo definition"}}]}
            """);
        Assert.True(submitted.IsAccepted, submitted.Answer.ToString());
        var id = (string)submitted.Answer["id"]!;
        await service.Http.GetStringAsync($"/api/v1/workflows/{id}?wait=60s", TestContext.Current.CancellationToken);
        var tasks = JsonNode.Parse(await service.Http.GetStringAsync(
            $"/api/v1/tasks?workflow={id}", TestContext.Current.CancellationToken))!["items"]!.AsArray();

        Assert.Equal(
            ["new second y nodes/say 2", "old $(id) 'x' nodes/say 1", "own definition\n  "],
            tasks.Select(static task => $"{task!["name"]} {task["output"]!["tail"]} {task["definition"]?["name"]} "
                + $"{task["definition"]?["version"]}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("""{"name": "nodes/none"}""", "nodes[0].definition.name")]
    [InlineData("""{"name": "../x"}""", "nodes[0].definition.name")]
    [InlineData("""{"nmae": "x"}""", "nodes[0].definition.nmae")]
    [InlineData("7", "nodes[0].definition")]
    [InlineData("""{"name": "x"}, "task": {"cmd": "true"}""", "nodes[0].definition")]
    public async Task Workflow_WithANodeThatNamesNoDefinition_IsRefused(string definition, string path)
    {
        var refused = await Submit($$"""{"nodes": [{"name": "a", "definition": {{definition}}}]}""");

        Assert.False(refused.IsAccepted);
        Assert.Equal("invalid-workflow", (string?)refused.Answer["code"]);
        Assert.Equal([path], refused.Answer["errors"]!.AsObject().Select(static error => error.Key));
    }

    private async Task<(bool IsAccepted, JsonNode Answer)> Submit(string workflow)
    {
        var service = await shared.Running;
        var cancellation = TestContext.Current.CancellationToken;
        using var body = new StringContent(workflow, Encoding.UTF8, "application/json");
        using var answer = await service.Http.PostAsync("/api/v1/workflows", body, cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        return (answer.IsSuccessStatusCode, JsonNode.Parse(text)!);
    }

    [Fact]
    public async Task Export_IsAFileThatApplyKeeps()
    {
        var service = await shared.Running;
        var folder = Folder("export");
        Directory.CreateDirectory(Path.Combine(folder, "deeper"));
        File.WriteAllText(Path.Combine(folder, "a.yml"), "name: exported/a\ntask: {cmd: 'true', priority: 3}\n---\nname: exported/b\njob: {source: {range: {from: 0, to: 2}}, process: {builtin: identity}}\n");
        File.WriteAllText(Path.Combine(folder, "deeper", "c.json"), """{"definitions":[{"name":"exported/c","description":"x","task":{"cmd":"true"}}],"queues":[{"name":"exported","weight":2}]}""");
        Assert.Equal(["create queue", "create definition", "create definition", "create definition"], await Actions(service, folder));

        var exported = Path.Combine(folder, "all.json");
        File.WriteAllText(exported, (await Otask.Run(service, "definition", "export", "--prefix", "exported/")).Output);

        Assert.Equal(["keep definition", "keep definition", "keep definition"], await Actions(service, exported));
        // What the file leaves out is removed.
        File.WriteAllText(exported, """{"name":"exported/c","task":{"cmd":"true"}}""");
        var changed = await Otask.Run(service, "apply", "-f", exported);
        Assert.Contains("description: x → none", changed.Output, StringComparison.Ordinal);
        Assert.Contains("2", (await Otask.Run(service, "definition", "history", "exported/c")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Otask.Run(service, "definition", "delete", "exported/c")).ExitCode);
        Assert.Equal(1, (await Otask.Run(service, "definition", "show", "exported/c")).ExitCode);
        var job = await Otask.Run(service, "run", "exported/b");
        Assert.Equal((0, "succeeded\n"), (job.ExitCode, job.Output));
    }

    [Theory]
    [InlineData("a: [1, -2, 1.5, 1e3, 007, +1, 0x1, .5, 1_000]", """{"a":[1,-2,1.5,1e3,"007","\u002B1","0x1",".5","1_000"]}""")]
    [InlineData("a: [true, false, null, ~, yes, 'true', \"null\", 2026-11-26, 09:30]", """{"a":[true,false,null,null,"yes","true","null","2026-11-26","09:30"]}""")]
    [InlineData("a: |\n  one\n  two\nb: >-\n  x\n  y\n", """{"a":"one\ntwo\n","b":"x y"}""")]
    [InlineData("${param.x}: ${param.x}", """{"${param.x}":"${param.x}"}""")]
    public void Yaml_OfEachForm_IsReadAsJson(string yaml, string json) =>
        Assert.Equal(json, YamlText.Read(yaml).Single()!.ToJsonString());

    [Theory]
    [InlineData("a: &x 1\nb: *x")]
    [InlineData("a: !!binary aGk=")]
    [InlineData("a: 1\na: 2")]
    [InlineData("a: [1")]
    [InlineData("? [a]\n: b")]
    public void Yaml_ThatIsNotPlain_IsRefused(string yaml) => Assert.Throws<JsonException>(() => YamlText.Read(yaml));

    private string Folder(string name) => Directory.CreateDirectory(In(name)).FullName;

    private static async Task<List<string>> Actions(Service service, string file)
    {
        var applied = await Otask.Run(service, "apply", "-f", file, "-o", "json");
        Assert.True(applied.ExitCode == 0, applied.Errors);
        return [.. JsonNode.Parse(applied.Output)!.AsArray().Select(static item => $"{item!["action"]} {item["kind"]}")];
    }
}
