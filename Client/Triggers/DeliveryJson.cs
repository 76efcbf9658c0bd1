using System.Text.Json.Serialization;

namespace OrleansTasks.Client.Triggers;

/// <summary>The generated code that makes JSON of headers.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class DeliveryJson : JsonSerializerContext;
