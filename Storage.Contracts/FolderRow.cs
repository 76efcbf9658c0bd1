namespace OrleansTasks.Storage;

/// <summary>
/// What the schedule with number <c>No</c> in its queue knows of the folder that it watches. The owner writes it in the
/// commit that starts occurrences for files, so each file starts one.
/// </summary>
/// <param name="No">The schedule's number.</param>
/// <param name="Seen">
/// The files that have started an occurrence or need none, as JSON in UTF-8. Empty in a commit to delete the row, and in
/// reads other than <see cref="IScheduleStore.Load"/>.
/// </param>
/// <param name="Problem">What keeps files from starting occurrences, as a sentence; null if nothing does.</param>
/// <param name="Since">When the problem was first noticed, in Unix milliseconds; 0 without one.</param>
public sealed record FolderRow(long No, ReadOnlyMemory<byte> Seen, string? Problem = null, long Since = 0);
