using System.Diagnostics.CodeAnalysis;
using Orleans.Streams;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Orleans' cache of the items that its readers have read, without the commands that have been delivered. Orleans keeps
/// delivered items until hundreds more have come. A command may carry a chunk's items, so they would take many
/// megabytes.
/// </summary>
/// <param name="orleans">Orleans' caches.</param>
internal sealed class OrleansCommandCache(IQueueAdapterCache orleans) : IQueueAdapterCache
{
    private const string Superseded = "Orleans calls the method that replaces it.";

    /// <inheritdoc/>
    public IQueueCache CreateQueueCache(QueueId queueId) => new Cache(orleans.CreateQueueCache(queueId));

    private sealed class Cache(IQueueCache items) : IQueueCache
    {
        public int GetMaxAddCount() => items.GetMaxAddCount();

        public void AddToCache(IList<IBatchContainer> messages) => items.AddToCache(messages);

        public bool TryPurgeFromCache([NotNullWhen(true)] out IList<IBatchContainer>? purgedItems) =>
            items.TryPurgeFromCache(out purgedItems);

        [Obsolete(Superseded)]
        public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token) =>
            new Cursor(items.GetCacheCursor(streamId, token));

        public QueueCacheCursorResult<IQueueCacheCursor> TryGetCacheCursor(StreamId streamId, StreamSequenceToken? token) =>
            Watched(items.TryGetCacheCursor(streamId, token));

        public QueueCacheCursorResult<IQueueCacheCursor> TryGetCacheCursorAtPosition(
            StreamId streamId, StreamSubscriptionStartPosition startPosition) =>
            Watched(items.TryGetCacheCursorAtPosition(streamId, startPosition));

        public bool IsUnderPressure() => items.IsUnderPressure();

        private static QueueCacheCursorResult<IQueueCacheCursor> Watched(QueueCacheCursorResult<IQueueCacheCursor> found) =>
            found.Cursor is { } cursor ? QueueCacheCursorResult<IQueueCacheCursor>.FromCursor(new Cursor(cursor)) : found;
    }

    // A node has one stream, and the stream one reader. What this reader has left behind, nobody reads any more.
    private sealed class Cursor(IQueueCacheCursor place) : IQueueCacheCursor
    {
        private OrleansCommandContainer? current;

        public IBatchContainer? GetCurrent(out Exception? exception) => place.GetCurrent(out exception);

        [Obsolete(Superseded)]
        public bool MoveNext() => MoveNextWithResult().Kind == QueueCacheCursorMoveResultKind.Success;

        public QueueCacheCursorMoveResult MoveNextWithResult()
        {
            var moved = place.MoveNextWithResult();
            current?.Forget();
            current = moved.Kind == QueueCacheCursorMoveResultKind.Success
                ? place.GetCurrent(out _) as OrleansCommandContainer
                : null;
            return moved;
        }

        public void Refresh(StreamSequenceToken token) => place.Refresh(token);

        public void RecordDeliveryFailure() => place.RecordDeliveryFailure();

        public void Dispose() => place.Dispose();
    }
}
