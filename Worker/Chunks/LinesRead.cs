namespace OrleansTasks.Worker.Chunks;

/// <summary>The outcome of a read of lines.</summary>
internal enum LinesRead
{
    /// <summary>All available output was taken, and more may come.</summary>
    More,

    /// <summary>The consumer wants no more lines.</summary>
    Enough,

    /// <summary>The program ended, and all of its output was taken.</summary>
    Ended,

    /// <summary>No output came within the time limit.</summary>
    Silence,
}
