using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Triggers with <c>otask</c>, at a real service.</summary>
public sealed class TriggerCommandTests(SharedServices shared) : DataFolders
{
    [Fact]
    public async Task Set_ATrigger_ShowsItsSecretOnce_AndTestsDeliveries()
    {
        var service = await shared.Running;
        var folder = Directory.CreateDirectory(In("trigger")).FullName;
        File.WriteAllText(Path.Combine(folder, "d.yaml"), """
            name: cli/deploy
            parameters:
              - {name: ref, required: true}
              - {name: where, default: here}
            task: {argv: [echo, "${param.ref}"]}
            """);
        Assert.Equal(0, (await Otask.Run(service, "apply", "-f", folder)).ExitCode);
        var delivery = Path.Combine(folder, "push.json");
        File.WriteAllText(delivery, """{"ref":"refs/heads/main","n":7}""");

        var set = await Otask.Run(
            service, "trigger", "set", "cli-deploy", "--definition", "cli/deploy", "--signature", "github",
            "--pointer", "ref=/ref", "--value", "where=there", "--equals", "X-GitHub-Event=push", "--equals", "/n=7",
            "--matches", "/ref=^refs/heads/", "--rate", "5", "--description", "from GitHub");
        var again = await Otask.Run(service, "trigger", "set", "cli-deploy", "--definition", "cli/deploy",
            "--signature", "github", "--pointer", "ref=/ref", "--matches", "/ref=^refs/heads/", "-o", "json");
        var passing = JsonNode.Parse(
            (await Otask.Run(service, "trigger", "test", "cli-deploy", "--file", delivery, "-o", "json")).Output)!;
        var missing = JsonNode.Parse((await Otask.Run(service, "trigger", "test", "cli-deploy", "-o", "json")).Output)!;
        var wrong = await Otask.Run(service, "trigger", "set", "cli-deploy", "--definition", "cli/deploy",
            "--signature", "github", "--pointer", "rex=/ref");
        var listed = await Otask.Run(service, "trigger", "list");
        var rotated = await Otask.Run(service, "trigger", "rotate", "cli-deploy");
        var shown = await Otask.Run(service, "trigger", "show", "cli-deploy");
        var needed = await Otask.Run(service, "definition", "delete", "cli/deploy");
        var deleted = await Otask.Run(service, "trigger", "delete", "cli-deploy");

        Assert.True(set.ExitCode == 0, set.Errors);
        Assert.Matches("secret +[0-9a-f]{64}", set.Output);
        Assert.Contains("""{"header":"X-GitHub-Event","equals":"push"},{"pointer":"/n","equals":7},{"pointer":"/ref","matches":"^refs/heads/"}""", set.Output, StringComparison.Ordinal);
        Assert.Null(JsonNode.Parse(again.Output)!["secret"]);
        Assert.True((bool)passing["starts"]!);
        Assert.Equal("refs/heads/main", (string?)passing["target"]!["argv"]![1]);
        Assert.Equal("parameters.ref", (string?)missing["errors"]![0]!["path"]);
        Assert.Contains("did you mean 'ref'", wrong.Errors, StringComparison.Ordinal);
        Assert.Matches("cli-deploy +cli/deploy +github", listed.Output);
        Assert.Matches("secret +[0-9a-f]{64}", rotated.Output);
        Assert.DoesNotContain("secret  ", shown.Output, StringComparison.Ordinal);
        Assert.Contains("cli-deploy", needed.Errors, StringComparison.Ordinal);
        Assert.Equal(0, deleted.ExitCode);
    }

    [Fact]
    public async Task Set_WithASecretFile_SendsTheSecret_AndShowsItNever()
    {
        var service = await shared.Running;
        var file = In("secret");
        File.WriteAllText(file, "a secret of Slack\n");
        await service.Http.PutAsync("/api/v1/definitions/cli/slack",
            new StringContent("""{"task":{"argv":["true"]}}""", Encoding.UTF8, "application/json"));

        var without = await Otask.Run(
            service, "trigger", "set", "cli-slack", "--definition", "cli/slack", "--signature", "slack");
        var set = await Otask.Run(service, "trigger", "set", "cli-slack", "--definition", "cli/slack", "--signature",
            "slack", "--secret-file", file);

        Assert.Contains("signature.secret", without.Errors, StringComparison.Ordinal);
        Assert.True(set.ExitCode == 0, set.Errors);
        Assert.DoesNotContain("a secret of Slack", set.Output, StringComparison.Ordinal);
    }
}
