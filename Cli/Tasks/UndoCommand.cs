using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary><c>otask undo</c>: undoes a cancel or retry of tasks.</summary>
internal static class UndoCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var id = new Argument<string>("operation")
        {
            Description = "the operation's id, as otask cancel or otask retry printed it",
        };
        var command = new Command(
            "undo", "undo a cancel or retry of the last 10 minutes for tasks that have not started since") { id };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var operation = PathSegment.OfId(result.GetValue(id)!);
            var answer = await gateway.Post($"/api/v1/operations/{operation}/undo", null, null, cancellation);
            output.WriteLine(common.IsJson(result) ? JsonText.Of(answer) : Describe(answer));
            return ExitCodes.Done;
        });
        return command;
    }

    private static string Describe(JsonNode answer)
    {
        var left = (answer["left"] as JsonObject ?? []).Select(static reason => $"{reason.Value} {reason.Key}");
        var text = string.Join(", ", left);
        return $"{answer.Field("undone")} undone" + (text.Length == 0 ? "" : $", unchanged: {text}");
    }
}
