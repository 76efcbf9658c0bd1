namespace OrleansTasks.Client.Live;

/// <summary>An item on the board, as a tick shows it.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Key">Its id or name.</param>
/// <param name="Mark">
/// A string of the fields whose change counts as a change of the item; empty for a removed item.
/// </param>
/// <param name="Json">The whole item.</param>
/// <param name="Change">The number of its last change.</param>
internal sealed record BoardItem(LiveTopics Topic, string Key, string Mark, byte[] Json, long Change = 0);
