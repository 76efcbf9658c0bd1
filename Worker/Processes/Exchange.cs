using System.Text;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// The folder through which a command and its worker exchange files: the inputs for the command, and the result that it
/// leaves. It is separate from the working folder, which belongs to the command, and only the command's user can enter
/// it.
/// </summary>
internal static class Exchange
{
    private const string ResultVariable = "TASK_RESULT";
    private const string ResultName = "/result";
    private const string InputsVariable = "TASK_INPUTS";
    private const string InputsName = "/inputs";

    /// <summary>Whether a command needs this folder.</summary>
    internal static bool IsNeededFor(StartRequest request) => request.TakesResult || request.Inputs is not null;

    /// <summary>Creates the folder and its files if the command needs them. Returns why that failed, or null.</summary>
    internal static string? Make(RunningProcess process, HostParts parts)
    {
        if (!IsNeededFor(process.Request))
            return null;
        process.ExchangeFolder = parts.Folders.Create(process.User, out var error);
        if (process.ExchangeFolder is not { } folder)
            return $"cannot create a folder for the result and the inputs: {Libc.Describe(error)}";
        if (process.Request.Inputs is not { } inputs) return null;
        return Write(folder.Path + InputsName, inputs.Span, process.User) is { } why ? $"cannot write the inputs: {why}" : null;
    }

    /// <summary>Returns the request with the environment variables that name the files.</summary>
    internal static StartRequest Tell(StartRequest request, RunningProcess process)
    {
        if (process.ExchangeFolder is not { } folder) return request;
        List<KeyValuePair<string, string>> environment = [.. request.Environment];
        if (request.TakesResult) environment.Add(new(ResultVariable, folder.Path + ResultName));
        if (request.Inputs is not null) environment.Add(new(InputsVariable, folder.Path + InputsName));
        return request with { Environment = environment };
    }

    /// <summary>Returns the outcome of an ended command with the result that it left.</summary>
    internal static ProcessOutcome Read(ProcessOutcome outcome, RunningProcess process, in WorkFolder folder)
    {
        var path = folder.Path + ResultName;
        if (process.Request.TakesResult && outcome is { Reason: ProcessEndReason.Exit, ExitCode: 0 })
        {
            outcome = ResultReader.Read(path, process.User, out var value) is { } fault
                ? outcome with { Reason = ProcessEndReason.BadResult, Message = fault }
                : outcome with { Result = value };
        }

        return outcome;
    }

    /// <summary>Removes the files, since a folder that is empty again can be reused.</summary>
    internal static void Remove(in WorkFolder folder)
    {
        Remove(folder.Path + ResultName);
        Remove(folder.Path + InputsName);
    }

    /// <summary>Writes a file that only the command's user can read. Returns why that failed, or null.</summary>
    private static unsafe string? Write(string path, ReadOnlySpan<byte> content, RunAsUser? user)
    {
        const int Flags = Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_CLOEXEC;
        const int OwnersAlone = 0x180; // Mode 0600
        // Another task of the same user may already be in the folder, so use only that user's rights.
        using var rights = user is null ? default : OwnerRights.Take(user);
        var descriptor = Libc.open(path, Flags | Libc.O_NOFOLLOW, OwnersAlone);
        if (descriptor < 0) return Libc.Describe(Libc.LastError);
        var error = 0;
        while (!content.IsEmpty && error == 0)
        {
            nint count;
            fixed (byte* start = content) count = Libc.write(descriptor, start, (nuint)content.Length);
            if (count >= 0) content = content[(int)count..];
            else if (Libc.LastError != Libc.EINTR) error = Libc.LastError;
        }

        _ = Libc.close(descriptor);
        return error == 0 ? null : Libc.Describe(error);
    }

    private static unsafe void Remove(string path)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
            _ = Libc.unlinkat(Libc.AT_FDCWD, name, 0);
    }
}
