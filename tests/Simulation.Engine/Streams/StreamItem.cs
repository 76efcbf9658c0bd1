using Orleans.Streams;

namespace OrleansTasks.Simulation.Engine;

/// <summary>A stream of a provider, and which grain takes its items.</summary>
internal readonly record struct StreamKey(string Provider, StreamId Stream, GrainId Subscriber);

/// <summary>An item on its way, as bytes of Orleans' serializer, with its place and what travels with it.</summary>
internal sealed record StreamItem(byte[] Value, StreamSequenceToken Token, Dictionary<string, object>? Context);
