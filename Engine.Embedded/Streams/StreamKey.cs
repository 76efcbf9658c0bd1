using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>A stream of a provider, and which grain takes its items.</summary>
internal readonly record struct StreamKey(string Provider, StreamId Stream, GrainId Subscriber);
