using System.Text;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// The folder through which a command and its worker exchange files, apart from the working folder, which is the
/// command's own: it has the result that the command leaves. Only the command's user can enter it.
/// </summary>
internal static class Exchange
{
    private const string ResultVariable = "TASK_RESULT";
    private const string ResultName = "/result";

    /// <summary>Whether a command needs the folder.</summary>
    internal static bool IsNeededFor(StartRequest request) => request.TakesResult;

    /// <summary>Makes the folder where it is needed; why that cannot be done, or null.</summary>
    internal static string? Make(RunningProcess process, HostParts parts)
    {
        if (!IsNeededFor(process.Request))
            return null;
        process.ExchangeFolder = parts.Folders.Create(process.User, out var error);
        return process.ExchangeFolder is null ? $"cannot make a folder for the result: {Libc.Describe(error)}" : null;
    }

    /// <summary>The request with the variables that tell the command where the files are.</summary>
    internal static StartRequest Tell(StartRequest request, RunningProcess process) => process.ExchangeFolder is not { } folder
        ? request
        : request with { Environment = [.. request.Environment, new(ResultVariable, folder.Path + ResultName)] };

    /// <summary>The outcome of a command that has ended, with the result that it left; then the files are removed.</summary>
    internal static ProcessOutcome Take(ProcessOutcome outcome, in WorkFolder folder, RunAsUser? user)
    {
        var path = folder.Path + ResultName;
        if (outcome is { Reason: EndReason.Exit, ExitCode: 0 })
        {
            outcome = ResultReader.Read(path, user, out var value) is { } fault
                ? outcome with { Reason = EndReason.BadResult, Message = fault }
                : outcome with { Result = value };
        }

        // An empty folder is as good as new.
        Remove(path);
        return outcome;
    }

    private static unsafe void Remove(string path)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
            _ = Libc.unlinkat(Libc.AT_FDCWD, name, 0);
    }
}
