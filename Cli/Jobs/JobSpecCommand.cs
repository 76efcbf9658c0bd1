using System.CommandLine;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Jobs;

/// <summary><c>otask job spec</c>: prints the spec that a job was submitted with.</summary>
internal static class JobSpecCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var id = new Argument<string>("id") { Description = "the job's id" };
        var command = new Command("spec", "print a job's spec as JSON, as submitted") { id };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            output.WriteLine(JsonText.Of(
                await gateway.Get($"/api/v1/jobs/{PathSegment.OfId(result.GetValue(id)!)}/spec", cancellation)));
            return ExitCodes.Done;
        });
        return command;
    }
}
