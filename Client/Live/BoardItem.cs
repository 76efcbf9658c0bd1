namespace OrleansTasks.Client.Live;

/// <summary>Something on the board, as a tick shows it.</summary>
/// <param name="Topic">What it is.</param>
/// <param name="Key">Its id or name.</param>
/// <param name="Mark">Its text as far as a change of it counts.</param>
/// <param name="Json">The whole item.</param>
/// <param name="Change">The number of its last change.</param>
internal sealed record BoardItem(LiveTopics Topic, string Key, string Mark, byte[] Json, long Change = 0);
