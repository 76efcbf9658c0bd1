namespace OrleansTasks.Storage.Sqlite;

/// <summary>
/// A file that only takes up space in the data folder, so that ends and cancels can still be written after something
/// has filled the disk. When a full disk refuses a write, the file shrinks step by step to make room
/// (<see cref="TryRelease"/>). It grows back when the disk has space again (<see cref="Refill"/>). Thread-safe.
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

    /// <summary>Creates the reserve and fills it as far as the disk has space.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="size">The size in bytes, rounded down to whole pieces of 64 KiB; 0 for no reserve.</param>
    internal DiskReserve(string folder, long size)
    {
        path = Path.Combine(folder, FileName);
        this.size = size / Piece * Piece;
        Refill();
    }

    /// <summary>The number of bytes reserved now.</summary>
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

    /// <summary>Frees a sixteenth of the reserve, at least 64 KiB. Returns false if nothing is left.</summary>
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

    /// <summary>Fills the reserve up again, as far as the disk has space.</summary>
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
                // Written, not only lengthened, because a hole in a file takes no space.
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
