using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>One side's ends of a command's three streams; a negative descriptor means none.</summary>
internal unsafe struct SpawnedPipes
{
    private const int InputRoom = 256 * 1024;

    /// <summary>No streams.</summary>
    internal static SpawnedPipes None => new() { Input = -1, Output = -1, Error = -1 };

    /// <summary>Standard input: the read end on the command's side, the write end on the worker's.</summary>
    internal int Input;

    /// <summary>Standard output.</summary>
    internal int Output;

    /// <summary>Standard error.</summary>
    internal int Error;

    /// <summary>Opens the streams that a request needs. Returns 0, or an error number if nothing is open.</summary>
    internal static int Open(StartRequest request, int nothing, out SpawnedPipes ours, out SpawnedPipes theirs)
    {
        (ours, theirs) = (None, None);
        if (Pipe(out ours.Output, out theirs.Output) && Pipe(out ours.Error, out theirs.Error) &&
            OpenInput(request, nothing, ref ours, ref theirs)) return 0;
        var error = Libc.LastError;
        ours.Close();
        theirs.Close();
        return error;
    }

    /// <summary>
    /// Makes a user the owner of the output pipes. Standard input may be a shared device and keeps its owner.
    /// </summary>
    internal readonly void GiveTo(uint user, uint group)
    {
        _ = Libc.fchown(Output, user, group);
        _ = Libc.fchown(Error, user, group);
    }

    /// <summary>Closes all streams.</summary>
    internal void Close()
    {
        Descriptors.Close(ref Input);
        Descriptors.Close(ref Output);
        Descriptors.Close(ref Error);
    }

    private static bool OpenInput(StartRequest request, int nothing, ref SpawnedPipes ours, ref SpawnedPipes theirs)
    {
        if (!request.KeepsInputOpen)
        {
            theirs.Input = request.Input.IsEmpty ? nothing : InputFile.Open(request.Input.Span);
            return theirs.Input >= 0;
        }
        // Each end of a pipe has its own flags, so the command's end stays blocking.
        if (!Pipe(out theirs.Input, out ours.Input) || Libc.fcntl(ours.Input, Libc.F_SETFL, Libc.O_NONBLOCK) != 0) return false;
        // Room for several milliseconds of a fast command's input. If the system refuses, the pipe keeps its usual
        // size.
        _ = Libc.fcntl(ours.Input, Libc.F_SETPIPE_SZ, InputRoom);
        return true;
    }

    private static bool Pipe(out int read, out int write)
    {
        var ends = stackalloc int[2] { -1, -1 };
        var made = Libc.pipe2(ends, Libc.O_CLOEXEC) == 0;
        (read, write) = (ends[0], ends[1]);
        return made;
    }
}
