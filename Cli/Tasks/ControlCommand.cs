using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.ApiClient;
using OrleansTasks.ApiClient.Json;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// <c>otask cancel</c> and <c>otask retry</c>: cancel or retry the given tasks, or all that the filters match.
/// </summary>
internal static class ControlCommand
{
    private static readonly KebabWordConverter<EndReason> EndReasons = new();

    /// <summary>Creates <c>cancel</c>.</summary>
    public static Command MakeCancel(CommonOptions common, TextWriter output, TextWriter errors) =>
        Make("cancel", "cancel tasks: the given ones, or all that the filters match", common, output, errors);

    /// <summary>Creates <c>retry</c>.</summary>
    public static Command MakeRetry(CommonOptions common, TextWriter output, TextWriter errors) =>
        Make("retry", "queue failed or cancelled tasks again: the given ones, or all that the filters match", common, output, errors);

    private static Command Make(string verb, string description, CommonOptions common, TextWriter output, TextWriter errors)
    {
        var ids = new Argument<string[]>("id") { Description = "the tasks' ids", Arity = ArgumentArity.ZeroOrMore };
        var filters = new FilterOptions();
        var dryRun = new Option<bool>("--dry-run") { Description = "with filters: change nothing, and show what would change" };
        var expect = NumberOption.Whole("--expect", "with filters: change nothing if more tasks than this would change", "0-1000000");
        var yes = Confirmation.Yes();
        var command = new Command(verb, description) { ids, dryRun, expect, yes };
        filters.AddTo(command, changesTasks: true);
        command.SetAction(async (result, cancellation) =>
        {
            var bulk = filters.Fill(new RequestAddress($"/api/v1/tasks/{verb}"), result);
            var named = result.GetValue(ids) ?? [];
            if (bulk.Any == (named.Length > 0))
                throw new UsageException("Give either task ids or at least one filter.");
            // Other commands filter by --reason. A user who expects that here would change too many tasks.
            if (bulk.Any && result.GetValue(common.Reason) is { } reason && EndReasons.Knows(reason))
                throw new UsageException("--reason says why you make the change. To select tasks by why they ended, "
                    + $"use --end-reason {reason}.");
            var isDry = result.GetValue(dryRun);
            if (named.Length > 0 && (isDry || result.GetValue(expect) is not null))
                throw new UsageException("--dry-run and --expect need filters.");
            using var gateway = common.Open(result);
            var expected = result.GetValue(expect);
            if (bulk.Any && !isDry && expected is null && !result.GetValue(yes) && NeedsAnswer(common, result))
            {
                var look = filters.Fill(new RequestAddress($"/api/v1/tasks/{verb}"), result).Add("dryRun", "true");
                var preview = await gateway.Post(look.ToString(), null, null, cancellation);
                expected = preview.Whole("wouldChange");
                if (!Confirmation.CanAsk)
                    throw new NotConfirmedException(
                        $"Nothing was changed. {preview.Field("matched")} tasks match, {expected} would be changed. Without a terminal, "
                            + "filters require --yes or --expect N; --dry-run shows how many tasks match.");
                if (expected == 0)
                {
                    errors.WriteLine("otask: nothing would change");
                    NameNodes(preview);
                    return ExitCodes.Done;
                }

                if (!new Confirmation(errors).Ask(expected.Value, verb == "cancel" ? "be cancelled" : "be retried"))
                    throw new NotConfirmedException("Nothing was changed.");
            }

            bulk.Add("dryRun", isDry ? "true" : null).Add("expect", expected);
            if (bulk.Any)
            {
                var answer = await gateway.Post(bulk.ToString(), null, null, cancellation);
                Print(answer);
                NameNodes(answer);
                if (answer.Field("operation") is { Length: > 0 } operation)
                    errors.WriteLine($"To undo this for tasks that have not started: otask undo {operation}");
            }

            var code = ExitCodes.Done;
            foreach (var id in named)
            {
                try
                {
                    Print(await gateway.Post($"/api/v1/tasks/{PathSegment.OfId(id)}/{verb}", null, null, cancellation));
                }
                catch (RefusedException refusal)
                {
                    // Continue with the other tasks; what was done has been printed.
                    if (common.IsJson(result))
                        output.WriteLine(JsonText.Of(refusal.Problem));
                    errors.WriteLine($"otask: {id}: {refusal.Message}");
                    code = ExitCodes.Refused;
                }
            }

            return code;

            void NameNodes(JsonNode answer)
            {
                if (answer["workflowNodes"] is not null && answer.Whole("workflowNodes") is > 0 and var nodes)
                    errors.WriteLine($"otask: {nodes} "
                        + (nodes == 1 ? "is a node of a workflow" : "are nodes of workflows")
                        + "; retry with: otask workflow retry ID");
            }

            void Print(JsonNode answer) => output.WriteLine(
                common.IsJson(result) ? JsonText.Of(answer)
                : isDry ? $"{answer.Field("matched")} match, {answer.Field("wouldChange")} would change"
                : bulk.Any ? $"{answer.Field("matched")} matched, {answer.Field("changed")} changed"
                : $"{answer.Field("id")} {answer.Field("state")}");
        });
        return command;
    }

    /// <summary>
    /// Returns whether to ask before a bulk call: always, unless the profile limits questions to terminals and there is
    /// none.
    /// </summary>
    private static bool NeedsAnswer(CommonOptions common, ParseResult result) =>
        Confirmation.CanAsk || common.ProfileOf(result)?.Confirm != "terminal";
}
