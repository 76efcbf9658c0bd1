namespace OrleansTasks.Worker.Processes.Interop;

/// <summary>Reads the entries of an open folder, except those for itself and for the folder above.</summary>
/// <remarks>
/// struct linux_dirent64 has the entry's length at offset 16, its type at 18, and its name at 19.
/// </remarks>
internal unsafe struct FolderEntries
{
    private readonly int folder;
    private readonly byte* buffer;
    private readonly int size;
    private byte* entry;
    private byte* next;
    private byte* end;

    /// <summary>Begins to read where the descriptor stands.</summary>
    /// <param name="folder">The folder's descriptor.</param>
    /// <param name="buffer">Room for entries, with space for a name of any length.</param>
    /// <param name="size">The size of the room in bytes.</param>
    internal FolderEntries(int folder, byte* buffer, int size)
    {
        this.folder = folder;
        this.buffer = buffer;
        this.size = size;
    }

    /// <summary>The error that ended the reading; 0 if there was none.</summary>
    internal int Error { get; private set; }

    /// <summary>The type of the present entry (DT_REG and others), which some file systems do not tell.</summary>
    internal readonly byte Type => entry[18];

    /// <summary>The name of the present entry, with a NUL at its end. It is valid until the next one is read.</summary>
    internal readonly byte* Name => entry + 19;

    /// <summary>Reads the next entry. Returns false at the end, and after an error.</summary>
    internal bool MoveNext()
    {
        do
        {
            if (next == end && !Fill()) return false;
            entry = next;
            next += *(ushort*)(next + 16);
        }
        while (Name[0] == '.' && (Name[1] == 0 || (Name[1] == '.' && Name[2] == 0)));
        return true;
    }

    private bool Fill()
    {
        var length = Libc.getdents64(folder, buffer, (nuint)size);
        if (length < 0) Error = Libc.LastError;
        if (length <= 0) return false;
        next = buffer;
        end = buffer + length;
        return true;
    }
}
