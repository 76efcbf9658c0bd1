namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>Where an attempt's kept output is stored. The numbers are stored: never renumber.</summary>
internal enum OutputPlace
{
    /// <summary>In the result's row.</summary>
    Row = 0,

    /// <summary>In the output store.</summary>
    Streams = 1,

    /// <summary>Nowhere: retention removed it.</summary>
    Dropped = 2,
}
