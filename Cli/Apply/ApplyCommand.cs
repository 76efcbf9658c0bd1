using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Apply;

/// <summary>
/// <c>otask apply</c>: creates the calendars, queues, definitions, triggers, schedules, notifications and webhooks that
/// files describe, and changes those that differ. <c>otask diff</c> shows the differences.
/// </summary>
internal sealed class ApplyCommand
{
    private Option<string[]> Files { get; } = new("--file", "-f")
    {
        HelpName = "FILE|FOLDER",
        Description = "a JSON or YAML file with calendars, queues, definitions, triggers, schedules, notifications "
            + "and webhooks, "
            + "a folder of such files, or - for standard input; repeatable",
        Required = true,
    };

    private Option<bool> DryRun { get; } = new("--dry-run")
    {
        Arity = ArgumentArity.Zero, Description = "change nothing; show the differences, and check the schedules",
    };

    /// <summary>Creates <c>otask apply</c>.</summary>
    public static Command Make(CommonOptions common, TextWriter output) =>
        new ApplyCommand().Build(common, output);

    private Command Build(CommonOptions common, TextWriter output)
    {
        var command = new Command(
            "apply",
            "create or change calendars, queues, definitions, triggers, schedules, notifications and webhooks as files "
                + "describe them; omitted settings stay as they are, except of definitions")
        {
            Files, DryRun,
        };
        command.SetAction((result, cancellation) =>
            Run(
                Declaration.ReadAll(result.GetValue(Files)!), result.GetValue(DryRun), common, result, output,
                cancellation));
        return command;
    }

    /// <summary>Creates <c>otask diff</c>.</summary>
    public static Command MakeDiff(CommonOptions common, TextWriter output) =>
        new ApplyCommand().BuildDiff(common, output);

    private Command BuildDiff(CommonOptions common, TextWriter output)
    {
        var command = new Command(
            "diff",
            "show what otask apply would create or change, and change nothing; the exit code is 1 if it would")
        {
            Files,
        };
        command.SetAction(async (result, cancellation) =>
        {
            var declared = Declaration.ReadAll(result.GetValue(Files)!);
            using var gateway = common.Open(result);
            var versions = new DefinitionVersions(gateway);
            var differing = new List<JsonNode>();
            foreach (var declaration in declared)
            {
                var shown = await Apply(gateway, declaration, versions, isDry: true, cancellation);
                if (shown.Field("action") != "keep")
                    differing.Add(shown);
            }

            if (differing.Count == 0)
                return ExitCodes.Done;
            Show(common.PrinterOf(result, output), differing);
            return ExitCodes.Differs;
        });
        return command;
    }

    /// <summary>Applies declarations in order and shows what was done.</summary>
    public static async Task<int> Run(
        IEnumerable<Declaration> declared, bool isDry, CommonOptions common, ParseResult result, TextWriter output,
        CancellationToken cancellation)
    {
        using var gateway = common.Open(result);
        var versions = new DefinitionVersions(gateway);
        var done = new List<JsonNode>();
        try
        {
            foreach (var declaration in declared)
                done.Add(await Apply(gateway, declaration, versions, isDry, cancellation));
        }
        finally
        {
            // Even after a refusal, show what was applied before it.
            if (done.Count > 0)
                Show(common.PrinterOf(result, output), done);
        }

        return ExitCodes.Done;
    }

    private static async Task<JsonNode> Apply(
        Gateway gateway, Declaration declaration, DefinitionVersions versions, bool isDry,
        CancellationToken cancellation)
    {
        try
        {
            var resource = Resource.Of(declaration, gateway, versions);
            var current = await resource.Get(cancellation);
            var wanted = await resource.Wanted(current, cancellation);
            var secrets = await SecretValues.Of(declaration.Kind, current, wanted, versions, cancellation);
            var changes = Difference.Between(current, wanted, secrets);
            var action = current is null ? "create" : changes.Count > 0 ? "change" : "keep";
            var shown = new JsonObject
            {
                ["kind"] = declaration.Kind, ["name"] = declaration.Name, ["action"] = action,
            };
            if (action != "keep" && isDry)
                await resource.Check(current, cancellation);
            else if (action != "keep")
                Set(shown, "secret", (await resource.Put(current, cancellation))["secret"]?.DeepClone());
            shown["changes"] = new JsonArray([.. changes]);
            return shown;
        }
        catch (RefusedException refused)
        {
            throw new RefusedException(
                $"{declaration.Kind} {declaration.Name}: {refused.Message}", refused.Status, refused.Document);
        }
    }

    private static void Show(Printer printer, List<JsonNode> done)
    {
        printer.List(new JsonObject { ["items"] = new JsonArray([.. done]) }, done, static items =>
        {
            var table = new Table("ACTION", "KIND", "NAME", "CHANGES");
            foreach (var item in items)
                table.Add(item.Field("action"), item.Field("kind"), item.Field("name"), ChangesOf(item));
            return table;
        });
    }

    private static string ChangesOf(JsonNode item)
    {
        var changes = item.Objects("changes").Select(TextOf);
        // The secret of a webhook or trigger is never shown again.
        return string.Join(", ", item["secret"] is { } secret ? changes.Append($"secret: {secret}") : changes);
    }

    private static string TextOf(JsonNode change)
    {
        var (field, after) = (change.Field("field"), TextOr(change["after"], "none"));
        if (change["hidden"] is not null)
            return $"{field}: {after} (may differ: the gateway does not show it)";
        return change["before"] is { } before ? $"{field}: {JsonText.Text(before)} → {after}" : $"{field}: {after}";
    }

    private static string TextOr(JsonNode? value, string missing) => value is null ? missing : JsonText.Text(value);
}
