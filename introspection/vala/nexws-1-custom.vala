// SPDX-License-Identifier: LGPL-2.1-or-later
// What the GIR leaves out, since a text with a length is not safe in every language.
namespace Nx {
	public class Message {
		[CCode (cname = "nx_message_new_text", has_construct_function = false)]
		[Version (since = "0.1")]
		public Message.text (string text, ssize_t length = -1);
	}
}
