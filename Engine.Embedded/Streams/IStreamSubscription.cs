using Orleans.Streams;

namespace OrleansTasks.Engine.Embedded;

/// <summary>A subscription of an activation, whatever its type of items.</summary>
internal interface IStreamSubscription
{
    Task DeliverAsync(object item, StreamSequenceToken token);

    Task FailAsync(Exception failure);
}
