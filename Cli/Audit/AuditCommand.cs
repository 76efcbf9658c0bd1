using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Audit;

/// <summary><c>otask audit</c>: lists who changed what, newest first.</summary>
internal sealed class AuditCommand
{
    private Option<string?> Actor { get; } =
        SpecFields.Text("--actor", "KEY", "only changes by the key with this id or name");

    private Option<string?> Action { get; } =
        SpecFields.Text("--action", "ACTION", "only this action, such as queue.put or task.cancel");

    private Option<string?> Target { get; } =
        SpecFields.Text("--target", "NAME", "only changes of the resource with this name or id");

    private Option<long?> Limit { get; } =
        NumberOption.Limit("maximum number of changes to list; 0: all [default: 100]");

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors) =>
        new AuditCommand().Build(common, output, errors);

    private Command Build(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var command = new Command("audit", "list who changed what, newest first") { Actor, Action, Target, Limit };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var list = await Pages.List(gateway, Address, result.GetValue(Limit), errors, cancellation);
            common.PrinterOf(result, output).List(list.List("items"), list.Items(), TableOf);
            return ExitCodes.Done;

            RequestAddress Address() => new RequestAddress("/api/v1/audit")
                .Add("actor", result.GetValue(Actor)).Add("action", result.GetValue(Action))
                .Add("target", result.GetValue(Target));
        });
        return command;
    }

    private static Table TableOf(IEnumerable<JsonNode> records)
    {
        var table = new Table("AT", "ACTOR", "ACTION", "TARGET", "COUNT", "REASON");
        foreach (var record in records)
            table.Add(
                record.Field("at"), ActorText.Of(record["actor"]), record.Field("action"), record.Field("target"),
                record.Field("count"), record.Field("reason"));
        return table;
    }
}
