namespace OrleansTasks.Worker.Chunks;

/// <summary>What a read of lines came to.</summary>
internal enum LinesRead
{
    /// <summary>All that is there was taken; more may come.</summary>
    More,

    /// <summary>The taker wants no more.</summary>
    Enough,

    /// <summary>The program has ended and all that it wrote was taken.</summary>
    Ended,

    /// <summary>Nothing came for too long.</summary>
    Silence,
}
