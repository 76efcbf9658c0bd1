namespace OrleansTasks.Processing.Files;

/// <summary>
/// Finds out whether a chunk of a CSV file begins within quotes. Only the bytes before the chunk tell, so this passes
/// over them once, and remembers what it found for the chunks that follow. Safe for several threads.
/// </summary>
/// <remarks>
/// A megabyte without a quote tells as well: a row of several lines has at most <see cref="LongestSplitRow"/> bytes, so
/// a row that contains that megabyte and one of its line feeds makes its own chunk fail.
/// </remarks>
public sealed class FileQuotes
{
    /// <summary>The maximum length of a row of several lines, in bytes.</summary>
    internal const int LongestSplitRow = 1 << 20;

    private const int MostFiles = 64;
    private const int Piece = 256 * 1024;

    /// <summary>How far apart places are remembered at least, while bytes are passed over.</summary>
    private const long Stride = 16 << 20;

    private readonly Dictionary<FilePart, Places> files = [];

    /// <summary>Returns the state at a place of a file. Throws <see cref="IOException"/>.</summary>
    /// <param name="file">The file.</param>
    /// <param name="bytes">The bytes of the file.</param>
    /// <param name="second">Where the second row begins.</param>
    /// <param name="place">The place, which is not before <paramref name="second"/>.</param>
    /// <param name="cancellation">Ends the reading early.</param>
    internal QuoteState At(
        FilePart file, SourceBytes bytes, long second, long place, CancellationToken cancellation)
    {
        var places = PlacesOf(file);
        lock (places)
        {
            places.Note(second, QuoteState.Start);
            return places.At(bytes, place, cancellation);
        }
    }

    /// <summary>
    /// Returns where the bytes begin that tell the state at a place, unless one of them is a quote: at a place that is known, or
    /// <see cref="LongestSplitRow"/> before.
    /// </summary>
    public long NeededFrom(FilePart file, long place)
    {
        var places = PlacesOf(file);
        lock (places)
            return Math.Max(places.LastBefore(place), place - LongestSplitRow);
    }

    /// <summary>Remembers the state at a place of a file.</summary>
    internal void Note(FilePart file, long place, QuoteState state)
    {
        var places = PlacesOf(file);
        lock (places)
            places.Note(place, state);
    }

    private Places PlacesOf(FilePart file)
    {
        lock (files)
        {
            if (files.TryGetValue(file, out var known))
                return known;
            if (files.Count >= MostFiles)
                files.Clear();
            return files[file] = new Places();
        }
    }

    private sealed class Places
    {
        private readonly SortedList<long, QuoteState> known = [];

        public void Note(long place, QuoteState state) => known[place] = state;

        /// <summary>Returns the last known place that is not after another one; 0 if none is known.</summary>
        public long LastBefore(long place) => IndexAfter(place) is > 0 and var index ? known.GetKeyAtIndex(index - 1) : 0;

        public QuoteState At(SourceBytes file, long place, CancellationToken cancellation)
        {
            var last = IndexAfter(place) - 1;
            var (from, state) = (known.GetKeyAtIndex(last), known.GetValueAtIndex(last));
            if (from == place)
                return state;
            var piece = new byte[Piece];
            if (place - from > LongestSplitRow && TryLookBack(file, piece, from, place, cancellation) is { } found)
            {
                Note(place, found);
                return found;
            }

            for (var noted = from; from < place;)
            {
                cancellation.ThrowIfCancellationRequested();
                var read = file.Fill(piece.AsSpan(0, (int)Math.Min(Piece, place - from)), from);
                if (read == 0)
                    break;
                state.Pass(piece.AsSpan(0, read));
                from += read;
                if (from < place && from - noted < Stride)
                    continue;
                Note(from, state);
                noted = from;
            }

            return state;
        }

        /// <summary>Returns the index of the first known place that is after another one.</summary>
        private int IndexAfter(long place)
        {
            var (low, high) = (0, known.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (known.GetKeyAtIndex(middle) <= place)
                    low = middle + 1;
                else
                    high = middle;
            }

            return low;
        }

        /// <summary>
        /// Returns the state if a line feed and <see cref="LongestSplitRow"/> bytes without a quote precede a place;
        /// otherwise null.
        /// </summary>
        private static QuoteState? TryLookBack(
            SourceBytes file, byte[] piece, long floor, long place, CancellationToken cancellation)
        {
            var (hasLineFeed, last) = (false, (byte)0);
            for (var end = place; place - end < LongestSplitRow || !hasLineFeed;)
            {
                cancellation.ThrowIfCancellationRequested();
                var start = Math.Max(floor, end - Piece);
                if (start == end)
                    return null;
                var bytes = piece.AsSpan(0, (int)(end - start));
                if (file.Fill(bytes, start) < bytes.Length || bytes.Contains((byte)'"'))
                    return null;
                if (end == place)
                    last = bytes[^1];
                hasLineFeed |= bytes.Contains((byte)'\n');
                end = start;
            }

            return QuoteState.Outside(last);
        }
    }
}
