using System.CommandLine;
using OrleansTasks.Cli.Api;

namespace OrleansTasks.Cli.Tasks;

/// <summary><c>otask result</c>: prints a task's result as its command wrote it.</summary>
internal static class ResultCommand
{
    /// <summary>Creates the command. The result goes to the process's own standard output.</summary>
    public static Command Make(CommonOptions common)
    {
        var id = new Argument<string>("id") { Description = "the task's id" };
        var raw = new Option<bool>("--raw") { Arity = ArgumentArity.Zero, Description = Output.TaskOutput.Help };
        var command = new Command("result", "print a task's result, which is JSON") { id, raw };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            await using var stdout = common.Written.OpenStdout(result.GetValue(raw));
            var path = $"/api/v1/tasks/{PathSegment.OfId(result.GetValue(id)!)}/result";
            await gateway.Copy(path, stdout, cancellation);
            return ExitCodes.Done;
        });
        return command;
    }
}
