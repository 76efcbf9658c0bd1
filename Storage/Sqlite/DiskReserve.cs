namespace OrleansTasks.Storage.Sqlite;

/// <summary>
/// A file that only takes up room in the data folder, so that ends and cancels can still be written when something has
/// filled the disk to the last byte. Writes that the full disk refuses get its room in steps
/// (<see cref="TryRelease"/>); it is filled again once the disk has room (<see cref="Refill"/>). Thread-safe.
/// </summary>
internal sealed class DiskReserve
{
    /// <summary>The file's name in the data folder.</summary>
    internal const string FileName = "reserve";

    private const int Steps = 16;
    private const int Piece = 64 << 10;
    private readonly Lock gate = new();
    private readonly string path;
    private readonly long size;

    /// <summary>Takes the room; as much of it as there is.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="size">How much, in bytes; 0 for no reserve.</param>
    internal DiskReserve(string folder, long size)
    {
        path = Path.Combine(folder, FileName);
        this.size = size / Piece * Piece;
        Refill();
    }

    /// <summary>How much is reserved now, in bytes.</summary>
    internal long Length
    {
        get
        {
            lock (gate)
                return LengthNow;
        }
    }

    /// <summary>Whether the file has its whole size.</summary>
    internal bool IsWhole => Length >= size;

    private long LengthNow => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    /// <summary>Gives a part of the room back to the disk; false when nothing is left.</summary>
    internal bool TryRelease()
    {
        lock (gate)
        {
            var length = LengthNow;
            if (length == 0)
                return false;
            return Try(() =>
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
                file.SetLength(Math.Max(0, length - Math.Max(size / Steps, Piece)));
            });
        }
    }

    /// <summary>Takes the room that is missing, as much of it as there is.</summary>
    internal void Refill()
    {
        lock (gate)
        {
            if (LengthNow == size)
                return;
            Try(() =>
            {
                using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
                if (file.Length > size)
                    file.SetLength(size);
                file.Seek(0, SeekOrigin.End);
                // Written, not only lengthened: a hole takes no room.
                var piece = new byte[Piece];
                while (file.Length < size)
                    file.Write(piece);
            });
        }
    }

    private static bool Try(Action change)
    {
        try
        {
            change();
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
