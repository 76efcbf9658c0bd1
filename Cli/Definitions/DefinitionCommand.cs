using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Audit;
using OrleansTasks.Cli.Output;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Definitions;

/// <summary>
/// <c>otask definition</c>: lists, shows, exports, runs and deletes definitions. <c>otask apply</c> stores them.
/// </summary>
internal sealed class DefinitionCommand
{
    private const string Root = "/api/v1/definitions";

    // The gateway's largest page of runs.
    private const int MostRuns = 200;

    private Option<long?> Limit { get; } =
        NumberOption.Limit("maximum number of entries to list; 0: all [default: 100]");
    private Option<string?> Prefix { get; } = Text("--prefix", "TEXT", "only definitions whose names begin with this");

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors) =>
        new DefinitionCommand().Build(common, output, errors);

    private Command Build(CommonOptions common, TextWriter output, TextWriter errors) =>
        new("definition", "list, show, export, run and delete definitions; 'otask apply' stores them")
        {
            List(common, output, errors), Show(common, output), History(common, output, errors),
            Runs(common, output, errors), Run(common, output), Export(common, output), Delete(common, output),
        };

    /// <summary>Returns the path of a definition.</summary>
    public static string PathOf(string name) => $"{Root}/{PathSegment.Of(name)}";

    /// <summary>Returns the fields of a definition that its body has.</summary>
    public static JsonObject BodyOf(JsonNode definition)
    {
        var body = new JsonObject();
        foreach (var field in (string[])["description", "parameters", "task", "job", "workflow", "rollout", "tool"])
        {
            if (definition[field] is { } value && value.ToJsonString() is not ("\"\"" or "[]" or "false"))
                body[field] = value.DeepClone();
        }

        return body;
    }

    private static Argument<string> Name() => new("name") { Description = "the definition's name, such as etl/load-day" };

    private Command List(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var command = new Command("list", "list definitions by name") { Prefix, Limit };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var list = await Pages.List(
                gateway, () => new RequestAddress(Root).Add("prefix", result.GetValue(Prefix)), result.GetValue(Limit),
                errors, cancellation);
            common.PrinterOf(result, output).List(list, list.Items(), static definitions =>
            {
                var table = new Table("NAME", "VERSION", "KIND", "PARAMETERS", "CHANGED", "DESCRIPTION");
                foreach (var one in definitions)
                    table.Add(one.Field("name"), one.Field("version"), one.Field("kind"), Parameters(one), one.Field("changedAt"), one.Field("description"));
                return table;
            });
            return ExitCodes.Done;
        });
        return command;
    }

    private static string Parameters(JsonNode definition) => string.Join(' ', definition.Objects("parameters")
        .Select(static one => one.Field("required") == "true" ? one.Field("name") : $"[{one.Field("name")}]"));

    private static Command Show(CommonOptions common, TextWriter output)
    {
        var (name, version) = (Name(), NumberOption.Whole("--version", "this version [default: the latest]"));
        var choices = new Option<bool>("--choices") { Description = "also show the choices that tasks of other definitions printed" };
        var command = new Command("show", "show a definition as JSON") { name, version, choices };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var address = new RequestAddress(PathOf(result.GetValue(name)!)).Add("version", result.GetValue(version))
                .Add("choices", result.GetValue(choices) ? "true" : null);
            var shown = await gateway.Get(address.ToString(), cancellation);
            common.PrinterOf(result, output).One(shown, people => people.WriteLine(JsonText.Of(shown)));
            return ExitCodes.Done;
        });
        return command;
    }

    private Command History(CommonOptions common, TextWriter output, TextWriter errors) => Listing(
        "history", "list the versions of a definition, newest first", Pages.PageSize, common, output, errors,
        static versions =>
        {
            var table = new Table("VERSION", "CHANGED", "BY", "REASON");
            foreach (var one in versions)
                table.Add(one.Field("version"), one.Field("changedAt"), ActorText.Of(one["changedBy"]), one.Field("reason"));
            return table;
        });

    private Command Runs(CommonOptions common, TextWriter output, TextWriter errors) => Listing(
        "runs", "list the runs of a definition, newest first", MostRuns, common, output, errors, static runs =>
        {
            var table = new Table("ID", "KIND", "VERSION", "STATE", "STARTED", "BY", "PARAMETERS");
            foreach (var one in runs)
            {
                table.Add(one.Field("id"), one.Field("kind"), one.Field("version"), one.Field("state"), one.Field("startedAt"),
                    ActorText.Of(one["startedBy"]), one["parameters"]?.ToJsonString() ?? "");
            }

            return table;
        });

    private Command Listing(
        string name, string description, int pageSize, CommonOptions common, TextWriter output, TextWriter errors,
        Func<IEnumerable<JsonNode>, Table> table)
    {
        var definition = Name();
        var command = new Command(name, description) { definition, Limit };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var list = await Pages.List(
                gateway, () => new RequestAddress($"{PathOf(result.GetValue(definition)!)}/{name}"),
                result.GetValue(Limit), errors, cancellation, pageSize: pageSize);
            common.PrinterOf(result, output).List(list, list.Items(), table);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Run(CommonOptions common, TextWriter output)
    {
        var (name, run) = (Name(), new RunOptions());
        var key = Text("--idempotency-key", "KEY", "idempotency key: repeating a run with the same key starts it only once");
        var command = new Command("run", "run a definition and print the id of what it started; 'otask run' also waits for it") { name, key };
        run.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var started = await gateway.Post($"{PathOf(result.GetValue(name)!)}/runs", run.Read(result), result.GetValue(key), cancellation);
            common.PrinterOf(result, output).One(started, people => people.WriteLine(started.Id()));
            return ExitCodes.Done;
        });
        return command;
    }

    private Command Export(CommonOptions common, TextWriter output)
    {
        var command = new Command("export", "print definitions as a file that 'otask apply' takes") { Prefix };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var exported = new JsonArray();
            string? cursor = null;
            do
            {
                var address = new RequestAddress(Root).Add("prefix", result.GetValue(Prefix)).Add("cursor", cursor);
                var page = await gateway.Get(address.ToString(), cancellation);
                foreach (var definition in page.Items())
                {
                    var body = new JsonObject { ["name"] = definition.Field("name") };
                    foreach (var (field, value) in BodyOf(definition))
                        body[field] = value?.DeepClone();
                    exported.Add((JsonNode)body);
                }

                cursor = page["nextCursor"]?.GetValue<string>();
            }
            while (cursor is not null);
            output.WriteLine(JsonText.Of(new JsonObject { ["definitions"] = exported }));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Delete(CommonOptions common, TextWriter output)
    {
        var name = Name();
        var command = new Command("delete", "delete a definition with its history; what it started stays") { name };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            await gateway.Delete(PathOf(result.GetValue(name)!), cancellation);
            output.WriteLine($"{TerminalText.Line(result.GetValue(name)!)} deleted");
            return ExitCodes.Done;
        });
        return command;
    }
}
